"""The partners' API: what is public anyway, by key, under a plan, cached so that no answer goes astray."""

import json
from typing import Any

import pytest

from stacks.openapi import DOCUMENT, read_document
from stacks.partners import partner_reads
from stacks.rest_api import ACCESS_LOG_FIELDS
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

PROD = "greenroom-prod-api"
READS = {
    "/v1/celebrities",
    "/v1/celebrities/{celebrity_id}",
    "/v1/celebrities/{celebrity_id}/availability",
}


def _of_partners(assembly: Assembly, kind: str, reference: str = "RestApiId") -> list[dict[str, Any]]:
    return [
        dict(resource["Properties"])
        for resource in assembly.resources(PROD, kind).values()
        if assembly.text(resource["Properties"][reference]) == "<PartnersApi>"
    ]


def _methods(assembly: Assembly) -> dict[tuple[str, str], dict[str, Any]]:
    resources = assembly.template(PROD)["Resources"]

    def path_of(reference: dict[str, Any]) -> str:
        if "Fn::GetAtt" in reference:
            return ""
        resource = resources[reference["Ref"]]["Properties"]
        return f"{path_of(resource['ParentId'])}/{resource['PathPart']}"

    found = _of_partners(assembly, "ApiGateway::Method")
    return {(path_of(method["ResourceId"]), method["HttpMethod"]): method for method in found}


def _stage(assembly: Assembly) -> dict[str, Any]:
    (stage,) = _of_partners(assembly, "ApiGateway::Stage")
    return stage


def test_without_partners_there_is_no_api_for_them_and_no_key(assembly: Assembly) -> None:
    for stage in STAGES:
        stack = f"greenroom-{stage}-api"
        assert set(assembly.resources(stack, "ApiGateway::RestApi")) == {"GatewayApi"}
        for kind in ("ApiKey", "UsagePlan"):
            assert assembly.resources(stack, f"ApiGateway::{kind}") == {}


def test_partners_read_what_the_catalogue_tells_everybody_and_nothing_else(chosen: Assembly) -> None:
    methods = _methods(chosen)

    assert {path for path, method in methods if method == "GET"} == READS
    assert {method for _, method in methods} == {"GET", "ANY"}
    for method in methods.values():
        uri = chosen.text(method["Integration"]["Uri"])
        # By the alias: a version that is taken back must be taken back from partners, too.
        assert "functions/<CatalogReleaseLive>/invocations" in uri
    document = json.loads(DOCUMENT.read_text())["paths"]
    assert all(document[path]["get"]["x-greenroom"]["access"] == ["public"] for path in READS)


def test_what_asks_who_calls_would_be_left_out() -> None:
    reads = partner_reads(read_document(DOCUMENT)).operations

    assert {operation.path for operation in reads} == READS
    assert {operation.method for operation in reads} == {"GET"}


def test_every_call_of_a_partner_needs_a_key_and_no_other_call_does(chosen: Assembly) -> None:
    for resource in chosen.resources(PROD, "ApiGateway::Method").values():
        method = resource["Properties"]
        of_partners = chosen.text(method["RestApiId"]) == "<PartnersApi>"
        assert method.get("ApiKeyRequired", False) is of_partners


def test_each_partner_has_a_key_that_stands_in_no_template_under_one_plan(chosen: Assembly) -> None:
    keys = {name: key["Properties"] for name, key in chosen.resources(PROD, "ApiGateway::ApiKey").items()}
    plan = chosen.one(PROD, "ApiGateway::UsagePlan")
    given = chosen.resources(PROD, "ApiGateway::UsagePlanKey").values()

    assert {key["Name"] for key in keys.values()} == {"greenroom-prod-acme", "greenroom-prod-tickets-4u"}
    assert all(key["Enabled"] is True and "Value" not in key for key in keys.values())
    assert {chosen.text(each["Properties"]["KeyId"]).strip("<>") for each in given} == set(keys)
    assert plan["Throttle"] == {"RateLimit": 10, "BurstLimit": 20}
    assert plan["Quota"] == {"Limit": 200_000, "Period": "DAY"}
    (of,) = plan["ApiStages"]
    assert chosen.text(of["ApiId"]) == "<PartnersApi>"
    assert chosen.text(of["Stage"]).startswith("<PartnersApiDeploymentStage")


def test_the_firewall_stands_before_both_apis(chosen: Assembly) -> None:
    protected = {
        chosen.text(resource["Properties"]["ResourceArn"]).rpartition("/restapis/")[2]
        for resource in chosen.resources(PROD, "WAFv2::WebACLAssociation").values()
    }

    assert {stage.partition(">")[0] for stage in protected} == {"<GatewayApi", "<PartnersApi"}


def test_only_the_partners_api_at_this_stage_may_call_the_catalogue_beside_the_stages_own(
    chosen: Assembly,
) -> None:
    sources = [
        chosen.text(permission["Properties"]["SourceArn"])
        for permission in chosen.resources(PROD, "Lambda::Permission").values()
        if chosen.text(permission["Properties"]["FunctionName"]) == "<CatalogReleaseLive>"
    ]

    assert len(sources) == 2
    assert {source.rpartition(":")[2].split("/")[0] for source in sources} == {
        "<GatewayApi>",
        "<PartnersApi>",
    }
    assert all("/prod/" in source for source in sources)


def test_the_partners_api_is_as_closed_as_the_stages_own(chosen: Assembly) -> None:
    (api,) = (
        resource["Properties"]
        for name, resource in chosen.resources(PROD, "ApiGateway::RestApi").items()
        if name == "PartnersApi"
    )
    errors = {error["ResponseType"] for error in _of_partners(chosen, "ApiGateway::GatewayResponse")}

    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["DisableExecuteApiEndpoint"] is True
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "INVALID_API_KEY", "QUOTA_EXCEEDED", "THROTTLED"} <= errors
    mapping = {
        resource["Properties"].get("BasePath"): chosen.text(resource["Properties"]["RestApiId"])
        for resource in chosen.resources(PROD, "ApiGateway::BasePathMapping").values()
    }
    assert mapping == {None: "<GatewayApi>", "partners": "<PartnersApi>"}


def test_its_log_says_whose_key_it_was_and_never_the_key(chosen: Assembly) -> None:
    line = json.loads(_stage(chosen)["AccessLogSetting"]["Format"])

    assert line == {**ACCESS_LOG_FIELDS, "key_id": "$context.identity.apiKeyId"}
    assert "$context.identity.apiKey" not in line.values()


def test_its_log_is_archived_with_the_others(chosen: Assembly) -> None:
    filters = chosen.resources("greenroom-prod-observability", "Logs::SubscriptionFilter").values()
    groups = chosen.resources(PROD, "Logs::LogGroup").values()

    assert "/greenroom/prod/partners" in {group["Properties"]["LogGroupName"] for group in groups}
    assert "/greenroom/prod/partners" in {found["Properties"]["LogGroupName"] for found in filters}


def test_only_partners_answers_are_cached_encrypted_and_for_seconds(chosen: Assembly) -> None:
    stages = chosen.resources(PROD, "ApiGateway::Stage").values()
    having = [stage["Properties"] for stage in stages if stage["Properties"].get("CacheClusterEnabled")]

    assert having == [_stage(chosen)]
    assert having[0]["CacheClusterSize"] == "0.5"
    settings = {
        (each["HttpMethod"], each["ResourcePath"].replace("~1", "/").removeprefix("/")): each
        for each in having[0]["MethodSettings"]
    }
    everything = settings.pop(("*", "*"))
    assert everything["CachingEnabled"] is False
    assert {path.removeprefix("/") for _, path in settings} == {path.removeprefix("/") for path in READS}
    for (method, _), each in settings.items():
        assert method == "GET"
        assert each["CachingEnabled"] is True
        assert each["CacheDataEncrypted"] is True
        assert 5 <= each["CacheTtlInSeconds"] <= 30
        # A method with settings of its own has none of its stage's.
        for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit", "MetricsEnabled", "DataTraceEnabled"):
            assert each[name] == everything[name]


def test_an_answer_is_kept_for_all_that_it_depends_on_and_for_one_partner(chosen: Assembly) -> None:
    document = json.loads(DOCUMENT.read_text())["paths"]
    places = {"path": "path", "query": "querystring", "header": "header"}
    for (path, method), found in _methods(chosen).items():
        key = found["Integration"].get("CacheKeyParameters", [])
        if method == "ANY":
            assert key == []
            continue
        declared = {
            f"method.request.{places[given['in']]}.{given['name']}"
            for given in document[path]["get"]["parameters"]
        }
        others = {f"method.request.header.{name}" for name in ("x-api-key", "Origin", "X-Correlation-Id")}
        assert set(key) == declared | others
        # Only what the method names can be part of a key; none of it is demanded.
        assert found["RequestParameters"] == dict.fromkeys(key, False)


def test_what_has_an_etag_is_kept_apart_by_what_the_partner_has(chosen: Assembly) -> None:
    for path in READS - {"/v1/celebrities"}:
        key = _methods(chosen)[path, "GET"]["Integration"]["CacheKeyParameters"]
        assert "method.request.header.If-None-Match" in key


def test_without_the_wish_for_a_cache_there_is_none(assembly: Assembly) -> None:
    for stage in STAGES:
        gateway = assembly.one(f"greenroom-{stage}-api", "ApiGateway::Stage")
        assert "CacheClusterEnabled" not in gateway
        assert not any(each.get("CachingEnabled") for each in gateway["MethodSettings"])
