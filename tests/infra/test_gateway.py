"""The REST API: the document's routes and no others, and what the gateway answers by itself."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stacks.openapi import DOCUMENT, InvalidDocument
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

METHODS = {"get", "put", "post", "delete", "patch", "head"}
UNKNOWN_ROUTE = ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "RESOURCE_NOT_FOUND")


def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(DOCUMENT.read_text())
    return found


def _declared() -> dict[str, dict[str, str]]:
    """Return, by path, the function of each declared method."""
    return {
        path: {
            method.upper(): operation["x-greenroom"]["function"]
            for method, operation in item.items()
            if method in METHODS
        }
        for path, item in (_document()["paths"] | _document()["x-greenroom-assets"]).items()
    }


def _deployed(assembly: Assembly, stack: str) -> dict[str, dict[str, str]]:
    """Return, by path, the function of each method as the template has them."""
    resources = assembly.template(stack)["Resources"]

    def path_of(reference: Mapping[str, Any]) -> str:
        if "Fn::GetAtt" in reference:
            return ""
        resource = resources[reference["Ref"]]["Properties"]
        return f"{path_of(resource['ParentId'])}/{resource['PathPart']}"

    found: dict[str, dict[str, str]] = {}
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGateway::Method":
            method = resource["Properties"]
            assert method["Integration"]["Type"] == "AWS_PROXY"
            assert method["Integration"]["IntegrationHttpMethod"] == "POST"
            uri = assembly.text(method["Integration"]["Uri"])
            function = uri.partition("functions/<")[2].partition("ReleaseLive>/invocations")[0].lower()
            found.setdefault(path_of(method["ResourceId"]) or "/", {})[method["HttpMethod"]] = function
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_the_gateway_has_the_documents_routes_and_no_others(assembly: Assembly, stage: str) -> None:
    deployed = _deployed(assembly, f"greenroom-{stage}-api")

    named = {
        path: {method: function for method, function in methods.items() if method != "ANY"}
        for path, methods in deployed.items()
    }
    assert named == _declared()


@pytest.mark.parametrize("stage", STAGES)
def test_preflights_and_wrong_methods_reach_a_function_of_their_resource(
    assembly: Assembly, stage: str
) -> None:
    for methods in _deployed(assembly, f"greenroom-{stage}-api").values():
        rest = methods.pop("ANY")
        assert rest in methods.values()


def test_no_resource_catches_more_than_its_own_path(assembly: Assembly) -> None:
    parts = [
        resource["Properties"]["PathPart"]
        for stage in STAGES
        for resource in assembly.resources(f"greenroom-{stage}-api", "ApiGateway::Resource").values()
    ]

    assert parts
    assert not any("+" in part for part in parts)


@pytest.mark.parametrize("stage", STAGES)
def test_only_this_api_at_this_stage_may_invoke_the_functions_behind_it(
    assembly: Assembly, stage: str
) -> None:
    permissions = [
        permission["Properties"]
        for permission in assembly.resources(f"greenroom-{stage}-api", "Lambda::Permission").values()
        if permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]

    invoked = {
        assembly.text(permission["FunctionName"]).strip("<>").removesuffix("ReleaseLive").lower()
        for permission in permissions
    }
    assert invoked == {"auth", "catalog", "bookings", "payments", "health"}
    for permission in permissions:
        assert f":<AWS::AccountId>:<GatewayApi>/{stage}/" in assembly.text(permission["SourceArn"])


@pytest.mark.parametrize("stage", STAGES)
def test_the_gateways_own_errors_carry_every_header_of_the_api(assembly: Assembly, stage: str) -> None:
    headers = _document()["x-greenroom-headers"]
    responses = assembly.resources(f"greenroom-{stage}-api", "ApiGateway::GatewayResponse").values()

    assert headers
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= {r["Properties"]["ResponseType"] for r in responses}
    for response in responses:
        sent = {
            name.removeprefix("gatewayresponse.header."): value
            for name, value in response["Properties"]["ResponseParameters"].items()
        }
        assert {name: f"'{value}'" for name, value in headers.items()}.items() <= sent.items()
        assert sent["X-Request-Id"] == "context.requestId"
        assert sent["Content-Type"] == "'application/problem+json'"
        assert sent["Cache-Control"] == "'no-store'"


def _errors(assembly: Assembly) -> dict[str, Mapping[str, Any]]:
    found = assembly.resources("greenroom-prod-api", "ApiGateway::GatewayResponse").values()
    return {response["Properties"]["ResponseType"]: response["Properties"] for response in found}


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        *((kind, 404, "not_found") for kind in UNKNOWN_ROUTE),
        ("REQUEST_TOO_LARGE", 413, "body_too_large"),
        ("THROTTLED", 429, "too_many_requests"),
        ("QUOTA_EXCEEDED", 429, "too_many_requests"),
        ("INVALID_API_KEY", 403, "forbidden"),
        ("WAF_FILTERED", 403, "forbidden"),
        ("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported_media_type"),
        ("INTEGRATION_TIMEOUT", 504, "unavailable"),
        ("INTEGRATION_FAILURE", 503, "unavailable"),
    ],
)
def test_the_gateways_own_errors_are_problem_documents(
    assembly: Assembly, kind: str, status: int, code: str
) -> None:
    error = _errors(assembly)[kind]

    problem = json.loads(error["ResponseTemplates"]["application/json"])
    assert error["StatusCode"] == str(status)
    assert problem["status"] == status
    assert problem["code"] == code
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        ("THROTTLED", 1),
        ("QUOTA_EXCEEDED", 3600),
        # A function that has no sandbox left is one of the last three: which, AWS does not say.
        ("INTEGRATION_TIMEOUT", 1),
        ("INTEGRATION_FAILURE", 1),
        ("DEFAULT_5XX", 1),
    ],
)
def test_a_refused_client_is_told_when_to_come_back(assembly: Assembly, kind: str, seconds: int) -> None:
    parameters = _errors(assembly)[kind]["ResponseParameters"]

    assert parameters["gatewayresponse.header.Retry-After"] == f"'{seconds}'"


def test_nothing_that_a_client_sent_gets_into_the_gateways_errors(assembly: Assembly) -> None:
    for error in _errors(assembly).values():
        (template,) = error["ResponseTemplates"].values()
        values = json.loads(template)
        assert values.pop("request_id") == "$context.requestId"
        assert "$" not in json.dumps(values)


@pytest.mark.parametrize("stage", STAGES)
def test_the_stage_is_throttled_measured_and_logged_as_json(assembly: Assembly, stage: str) -> None:
    deployed = assembly.one(f"greenroom-{stage}-api", "ApiGateway::Stage")

    assert deployed["StageName"] == stage
    (settings,) = deployed["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]
    assert settings["MetricsEnabled"] is False
    assert settings["DataTraceEnabled"] is False
    assert assembly.text(deployed["AccessLogSetting"]["DestinationArn"]) == "<GatewayAccessLog.Arn>"
    line = json.loads(deployed["AccessLogSetting"]["Format"])
    assert line["request_id"] == "$context.requestId"
    # A path or a query can hold a token or an address; the route cannot.
    assert not {"$context.path", "$context.identity.userAgent"} & set(line.values())
    assert not [value for value in line.values() if "query" in value.lower() or "$input" in value]


@pytest.mark.parametrize("stage", STAGES)
def test_bodies_reach_the_functions_byte_for_byte(assembly: Assembly, stage: str) -> None:
    api = assembly.one(f"greenroom-{stage}-api", "ApiGateway::RestApi")

    assert api["BinaryMediaTypes"] == ["*/*"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_gateways_own_address_takes_nothing_older_than_tls_1_2(assembly: Assembly, stage: str) -> None:
    api = assembly.one(f"greenroom-{stage}-api", "ApiGateway::RestApi")

    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["EndpointAccessMode"] == "STRICT"


def test_the_gateways_role_for_logs_exists_once_and_stays(assembly: Assembly) -> None:
    owners = [stack for stack in assembly.names() if assembly.resources(stack, "ApiGateway::Account")]

    assert owners == ["greenroom-account"]
    for kind in ("ApiGateway::Account", "IAM::Role"):
        (resource,) = assembly.resources("greenroom-account", kind).values()
        assert resource["DeletionPolicy"] == "Retain"


def test_a_changed_route_makes_a_new_deployment(assembly: Assembly, tmp_path: Path) -> None:
    from stacks.assembly import assemble

    document = json.loads(DOCUMENT.read_text())
    document["paths"]["/v1/added"] = {"get": {"x-greenroom": {"function": "health", "limit": "general"}}}
    changed = tmp_path / "openapi.json"
    changed.write_text(json.dumps(document))
    assemble(outdir=tmp_path / "out", document=changed, context={"dependencies": "omit"}).synth()

    def deployments(found: Assembly) -> set[str]:
        resources = found.template("greenroom-dev-api")["Resources"]
        return {name for name, r in resources.items() if r["Type"] == "AWS::ApiGateway::Deployment"}

    assert deployments(assembly).isdisjoint(deployments(Assembly(tmp_path / "out")))


def test_a_route_of_an_unknown_function_stops_the_synthesis(tmp_path: Path) -> None:
    from stacks.assembly import assemble

    document = {
        "x-greenroom-headers": {"X-Frame-Options": "DENY"},
        "paths": {"/v1/tours": {"get": {"x-greenroom": {"function": "tours", "limit": "none"}}}},
    }
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))

    with pytest.raises(InvalidDocument, match=r"GET /v1/tours: .*tours"):
        assemble(outdir=tmp_path / "out", document=path, context={"dependencies": "omit"})
