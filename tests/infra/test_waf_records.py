"""What the firewall measures and writes down, and what it leaves out of it."""

import pytest

from tests.infra import firewall
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

SECRET_HEADERS = {"authorization", "cookie", "stripe-signature"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_rule_is_measured_under_its_name_and_no_request_is_sampled(
    assembly: Assembly, stage: str
) -> None:
    acl = firewall.acl(assembly, stage)

    metrics = {name: rule["VisibilityConfig"]["MetricName"] for name, rule in firewall.rules(acl).items()}
    assert metrics == {name: f"greenroom-{stage}-{name}" for name in metrics}
    for place in (acl, *acl["Rules"]):
        assert place["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True
        assert place["VisibilityConfig"]["SampledRequestsEnabled"] is False


@pytest.mark.parametrize(("stage", "days"), [("dev", 7), ("alice", 7), ("staging", 30), ("prod", 365)])
def test_matched_requests_are_logged_to_a_group_that_waf_may_write_to(
    assembly: Assembly, stage: str, days: int
) -> None:
    stack = f"greenroom-{stage}-api"

    logging = assembly.one(stack, "WAFv2::LoggingConfiguration")
    assert assembly.text(logging["ResourceArn"]) == "<FirewallAcl.Arn>"
    (destination,) = logging["LogDestinationConfigs"]
    assert assembly.text(destination).endswith(":<AWS::AccountId>:log-group:<FirewallLog>")
    group = assembly.resources(stack, "Logs::LogGroup")["FirewallLog"]
    assert group["Properties"]["LogGroupName"] == f"aws-waf-logs-greenroom-{stage}"
    assert group["Properties"]["RetentionInDays"] == days
    assert (group["DeletionPolicy"] != "Delete") is (stage == "prod")
    kept = logging["LoggingFilter"]
    assert kept["DefaultBehavior"] == "DROP"
    (rule,) = kept["Filters"]
    assert (rule["Behavior"], rule["Requirement"]) == ("KEEP", "MEETS_ANY")
    actions = {condition["ActionCondition"]["Action"] for condition in rule["Conditions"]}
    assert actions == {"BLOCK", "COUNT", "EXCLUDED_AS_COUNT"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_log_shows_neither_credentials_nor_queries(assembly: Assembly, stage: str) -> None:
    redacted = assembly.one(f"greenroom-{stage}-api", "WAFv2::LoggingConfiguration")["RedactedFields"]

    assert {field["SingleHeader"]["Name"] for field in redacted if "SingleHeader" in field} == SECRET_HEADERS
    assert {"QueryString": {}} in redacted


@pytest.mark.parametrize("stage", STAGES)
def test_neither_credentials_queries_nor_bodies_leave_the_firewall(assembly: Assembly, stage: str) -> None:
    protected = set()
    for entry in firewall.acl(assembly, stage)["DataProtectionConfig"]["DataProtections"]:
        # A hash of a short text can be found out; the excerpt beside a matched rule is text as well.
        assert entry["Action"] == "SUBSTITUTION"
        assert entry["ExcludeRuleMatchDetails"] is False
        assert entry["ExcludeRateBasedDetails"] is False
        for key in entry["Field"].get("FieldKeys", ["*"]):
            protected.add((entry["Field"]["FieldType"], key))

    headers = {("SINGLE_HEADER", name) for name in SECRET_HEADERS}
    assert protected == headers | {("QUERY_STRING", "*"), ("BODY", "*")}
