"""The firewall before the API: what it counts, what it refuses and what it says."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stacks.openapi import DOCUMENT, InvalidDocument, Operation, read_document
from stacks.waf.rates import RATES, Rate
from tests.infra import firewall
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

COUNTED_OVER = {60, 120, 300, 600}
EXACT = {"authentication": (10, 900), "password_reset": (3, 3600), "uploads": (20, 900)}
"""The quotas that the functions keep exactly: requests in so many seconds."""

LIMITED = (
    Operation("/v1/auth/login", "POST", "auth", "authentication"),
    Operation("/v1/auth/verify-email", "POST", "auth", "authentication"),
    Operation("/v1/auth/mfa/totp", "DELETE", "auth", "authentication"),
    Operation("/v1/auth/password-reset", "POST", "auth", "password_reset"),
    Operation("/v1/bookings/{booking_id}/uploads", "POST", "bookings", "uploads"),
    Operation("/v1/me", "GET", "auth", "general"),
    Operation("/health", "GET", "health", "none"),
)


@pytest.mark.parametrize("stage", STAGES)
def test_the_firewall_stands_before_the_stage_of_the_api(assembly: Assembly, stage: str) -> None:
    stack = f"greenroom-{stage}-api"

    assert firewall.acl(assembly, stage)["Scope"] == "REGIONAL"
    association = assembly.one(stack, "WAFv2::WebACLAssociation")
    assert assembly.text(association["WebACLArn"]) == "<FirewallAcl.Arn>"
    protected = assembly.text(association["ResourceArn"])
    assert "::/restapis/<GatewayApi>/stages/<GatewayApiDeploymentStage" in protected


@pytest.mark.parametrize("stage", STAGES)
def test_rates_are_kept_by_the_connections_own_address_over_spans_that_waf_has(
    assembly: Assembly, stage: str
) -> None:
    rates = firewall.rates(firewall.acl(assembly, stage))

    assert {"floods", "authentication"} <= set(rates)
    assert len(rates) <= 10
    for rate in rates.values():
        assert rate["AggregateKeyType"] == "IP"
        assert not {"ForwardedIPConfig", "CustomKeys"} & set(rate)
        assert rate["EvaluationWindowSec"] in COUNTED_OVER
        assert rate["Limit"] >= 10


@pytest.mark.parametrize("stage", STAGES)
def test_every_request_counts_towards_floods(assembly: Assembly, stage: str) -> None:
    assert "ScopeDownStatement" not in firewall.rates(firewall.acl(assembly, stage))["floods"]


def test_every_route_with_a_limit_of_its_own_is_counted_by_the_rule_of_that_name(assembly: Assembly) -> None:
    operations = read_document(DOCUMENT).operations
    rates = firewall.rates(firewall.acl(assembly, "prod"))

    limits = {operation.limit for operation in operations}
    assert set(rates) == {"floods"} | (limits & set(RATES))
    for operation in operations:
        counted = {
            name
            for name, rate in rates.items()
            if name != "floods"
            and firewall.matches(rate["ScopeDownStatement"], operation.method, operation.path)
        }
        assert counted == {operation.limit} & set(RATES)


def test_a_limit_in_the_document_becomes_a_rule_without_a_list_of_paths_here(tmp_path: Path) -> None:
    rates = firewall.rates(firewall.made(tmp_path, LIMITED))

    assert list(rates) == ["floods", "authentication", "password_reset", "uploads"]
    for operation in LIMITED:
        path = operation.path.replace("{booking_id}", "bkg_1")
        for name, rate in rates.items():
            if name != "floods":
                counted = firewall.matches(rate["ScopeDownStatement"], operation.method, path)
                assert counted is (name == operation.limit), (name, operation)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/auth/login",
        "/prod/v1/auth/login",
        "/api/v1/auth/login",
        "/v1/auth/login/",
        "/v1/auth/%6cogin",
        "/v1%2Fauth/login",
        "//v1//auth/login",
        "/v1/./auth/login",
        "/v1/auth/verify/../login",
        "/v1/auth/verify-email",
    ],
)
def test_no_spelling_of_a_path_that_the_gateway_understands_goes_uncounted(
    assembly: Assembly, path: str
) -> None:
    rate = firewall.rates(firewall.acl(assembly, "prod"))["authentication"]

    assert firewall.matches(rate["ScopeDownStatement"], "POST", path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("OPTIONS", "/v1/auth/login"),
        ("GET", "/v1/auth/login"),
        ("POST", "/v1/auth/login/again"),
        ("POST", "/v1/auth/logins"),
        ("POST", "/a/b/v1/auth/login"),
        ("POST", "/v1/bookings"),
    ],
)
def test_what_is_no_try_to_sign_in_does_not_use_up_the_tries(
    assembly: Assembly, method: str, path: str
) -> None:
    rate = firewall.rates(firewall.acl(assembly, "prod"))["authentication"]

    assert not firewall.matches(rate["ScopeDownStatement"], method, path)


def test_more_paths_than_one_pattern_can_hold_are_all_counted(tmp_path: Path) -> None:
    operations = [
        Operation(f"/v1/auth/passkeys/{'x' * length}/{{key_id}}", "POST", "auth", "authentication")
        for length in range(1, 40)
    ]

    scope = firewall.rates(firewall.made(tmp_path, operations))["authentication"]["ScopeDownStatement"]

    assert all(len(pattern) <= 200 for pattern in firewall.patterns(scope))
    for operation in operations:
        assert firewall.matches(scope, "POST", operation.path.replace("{key_id}", "key_1"))
    assert not firewall.matches(scope, "POST", "/v1/auth/passkeys/y/key_1")


def test_a_full_stop_in_a_path_means_itself(tmp_path: Path) -> None:
    calendar = Operation("/v1/calendar.ics", "GET", "bookings", "uploads")

    scope = firewall.rates(firewall.made(tmp_path, [calendar]))["uploads"]["ScopeDownStatement"]

    assert firewall.matches(scope, "GET", "/v1/calendar.ics")
    assert not firewall.matches(scope, "GET", "/v1/calendar-ics")


def test_a_path_that_fits_no_pattern_stops_the_synthesis(tmp_path: Path) -> None:
    long = Operation(f"/v1/{'x' * 200}", "POST", "auth", "authentication")

    with pytest.raises(InvalidDocument, match="too long for a pattern"):
        firewall.made(tmp_path, [long])


def test_a_limit_that_the_firewall_does_not_know_stops_the_synthesis(tmp_path: Path) -> None:
    unknown = Operation("/v1/exports", "POST", "auth", "exports")

    with pytest.raises(InvalidDocument, match=r"POST /v1/exports: .*rates.py has no rate .*'exports'"):
        firewall.made(tmp_path, [unknown])


@pytest.mark.parametrize(("requests", "seconds"), [(9, 60), (100, 90), (100, 900)])
def test_a_rate_that_waf_does_not_take_cannot_be_written(requests: int, seconds: Any) -> None:
    with pytest.raises(ValueError, match="WAF counts 10 or more"):
        Rate(requests, seconds)


def test_the_firewall_lets_through_what_the_exact_quotas_let_through_and_little_more() -> None:
    assert set(RATES) == set(EXACT)
    for name, (requests, _) in EXACT.items():
        # All of a quota may come in one moment; the firewall must leave the answer to the function.
        assert requests < RATES[name].requests <= 100
    assert RATES["authentication"].requests <= 2 * EXACT["authentication"][0]
    assert RATES["password_reset"].requests <= 10


@pytest.mark.parametrize(
    ("stage", "mode"), [("dev", "Count"), ("alice", "Count"), ("staging", "None"), ("prod", "None")]
)
def test_the_groups_of_aws_only_count_in_a_developers_stage_and_block_in_the_others(
    assembly: Assembly, stage: str, mode: str
) -> None:
    managed = firewall.managed(firewall.acl(assembly, stage))

    assert list(managed) == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]
    for rule in managed.values():
        assert rule["OverrideAction"] == {mode: {}}
        group = rule["Statement"]["ManagedRuleGroupStatement"]
        assert group["VendorName"] == "AWS"
        assert "ScopeDownStatement" not in group


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_of_the_groups_rules_only_the_one_against_large_bodies_is_waived(
    assembly: Assembly, stage: str
) -> None:
    waived = {
        (name, override["Name"]): override["ActionToUse"]
        for name, rule in firewall.managed(firewall.acl(assembly, stage)).items()
        for override in rule["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides", [])
    }

    assert waived == {("AWSManagedRulesCommonRuleSet", "SizeRestrictions_BODY"): {"Count": {}}}


@pytest.mark.parametrize("stage", STAGES)
def test_as_much_of_a_body_is_read_as_waf_can(assembly: Assembly, stage: str) -> None:
    inspected = firewall.acl(assembly, stage)["AssociationConfig"]["RequestBody"]

    assert inspected == {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_64"}}


@pytest.mark.parametrize("stage", STAGES)
def test_rates_block_in_every_stage_and_all_else_is_allowed(assembly: Assembly, stage: str) -> None:
    acl = firewall.acl(assembly, stage)

    assert acl["DefaultAction"] == {"Allow": {}}
    rules = firewall.rules(acl)
    for name in firewall.rates(acl):
        assert set(rules[name]["Action"]) == {"Block"}
        assert "OverrideAction" not in rules[name]


@pytest.mark.parametrize("stage", STAGES)
def test_who_calls_too_often_gets_429_under_every_header_of_the_api(assembly: Assembly, stage: str) -> None:
    acl = firewall.acl(assembly, stage)
    headers = json.loads(DOCUMENT.read_text())["x-greenroom-headers"]

    rates, rules = firewall.rates(acl), firewall.rules(acl)
    for name, rate in rates.items():
        answer = rules[name]["Action"]["Block"]["CustomResponse"]
        assert answer["ResponseCode"] == 429
        sent = {header["Name"]: header["Value"] for header in answer["ResponseHeaders"]}
        seconds = str(rate["EvaluationWindowSec"])
        assert sent == {**headers, "Cache-Control": "no-store", "Retry-After": seconds}
        # What WAF sends at most, and the one header that it keeps for itself.
        assert len(answer["ResponseHeaders"]) <= 10
        assert all(len(value) <= 255 for value in sent.values())
        assert "content-type" not in {header.lower() for header in sent}


@pytest.mark.parametrize("stage", STAGES)
def test_the_answer_to_too_many_requests_is_a_problem_document_of_the_api(
    assembly: Assembly, stage: str
) -> None:
    acl = firewall.acl(assembly, stage)
    document = json.loads(DOCUMENT.read_text())
    bodies = acl["CustomResponseBodies"]

    for name in firewall.rates(acl):
        body = bodies[firewall.rules(acl)[name]["Action"]["Block"]["CustomResponse"]["CustomResponseBodyKey"]]
        assert body["ContentType"] == "APPLICATION_JSON"
        assert len(body["Content"].encode()) <= 4096
        problem = json.loads(body["Content"])
        Draft202012Validator(document["components"]["schemas"]["Problem"]).validate(problem)
        assert (problem["status"], problem["code"]) == (429, "too_many_requests")


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_group_of_aws_blocks_gets_the_gateways_problem_document(
    assembly: Assembly, stage: str
) -> None:
    # A rule group's block has no answer of its own, so the gateway's for WAF_FILTERED is sent.
    for rule in firewall.managed(firewall.acl(assembly, stage)).values():
        assert set(rule["OverrideAction"]) <= {"Count", "None"}
    (answer,) = (
        response["Properties"]
        for response in assembly.resources(f"greenroom-{stage}-api", "ApiGateway::GatewayResponse").values()
        if response["Properties"]["ResponseType"] == "WAF_FILTERED"
    )
    assert answer["StatusCode"] == "403"
    assert json.loads(answer["ResponseTemplates"]["application/json"])["code"] == "forbidden"
    for name, value in json.loads(DOCUMENT.read_text())["x-greenroom-headers"].items():
        assert answer["ResponseParameters"][f"gatewayresponse.header.{name}"] == f"'{value}'"


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({f"X-Header-{number}": "on" for number in range(9)}, "WAF sends 10 headers"),
        ({"Permissions-Policy": "x" * 256}, "Permissions-Policy has 256 characters, WAF sends 255"),
    ],
)
def test_headers_that_waf_cannot_send_stop_the_synthesis(
    headers: dict[str, str], named: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidDocument, match=named):
        firewall.made(tmp_path, LIMITED, headers)


def test_all_rules_fit_into_the_capacity_that_a_web_acl_has_for_its_price(
    assembly: Assembly, tmp_path: Path
) -> None:
    # As many routes in each group as the whole API might have one day.
    many = [
        Operation(f"/v1/{limit}/{'x' * 20}-{number}/{{id}}", "POST", "auth", limit)
        for limit in RATES
        for number in range(20)
    ]

    for acl in (*(firewall.acl(assembly, stage) for stage in STAGES), firewall.made(tmp_path, many)):
        assert sum(firewall.capacity(rule["Statement"]) for rule in acl["Rules"]) <= 1500


def test_a_stage_that_is_tested_under_load_can_have_another_flood_rate(tmp_path: Path) -> None:
    rate = firewall.rates(firewall.made(tmp_path, LIMITED, flood_per_minute=6000))["floods"]

    assert (rate["Limit"], rate["EvaluationWindowSec"]) == (6000, 60)
