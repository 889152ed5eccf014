"""The gates: templates are held against rules, and what they find is mended or has a reason."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import PERSONAL, RESTORED_SITE, SITE
from tests.infra.templates import Assembly
from tests.support.template_scan import Finding, Skip, faults, read_skips

pytestmark = pytest.mark.xdist_group("infra")

POLICY = {"Effect": "Allow", "Action": ["s3:GetObject", "dynamodb:*"], "Resource": "*"}
NO_TLS = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
PRIVATE = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")

BAD: dict[str, tuple[str, Mapping[str, Any]]] = {
    "tables_can_be_restored": (
        "DynamoDB::Table",
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
    ),
    "tables_are_encrypted_by_a_key_of_the_account": ("DynamoDB::Table", {}),
    "buckets_are_private": (
        "S3::Bucket",
        {"PublicAccessBlockConfiguration": {name: name != PRIVATE[-1] for name in PRIVATE}},
    ),
    "buckets_are_encrypted": ("S3::Bucket", {}),
    "bucket_policies_demand_tls": ("S3::BucketPolicy", {"PolicyDocument": {"Statement": [POLICY]}}),
    "queues_are_encrypted": ("SQS::Queue", {"SqsManagedSseEnabled": False}),
    "topics_are_encrypted": ("SNS::Topic", {}),
    "functions_are_told_no_secrets": (
        "Lambda::Function",
        {"Environment": {"Variables": {"PAYMENT_API_KEY": "", "STAGE": "dev"}}},
    ),
    "logs_end": ("Logs::LogGroup", {}),
    "the_gateway_keeps_a_log_of_access": ("ApiGateway::Stage", {}),
    "roles_name_their_operations": ("IAM::Role", {"Policies": [{"PolicyDocument": {"Statement": [POLICY]}}]}),
    "policies_name_their_operations": ("IAM::Policy", {"PolicyDocument": {"Statement": [POLICY]}}),
    "keys_rotate": ("KMS::Key", {}),
}
"""For each of our rules a resource that breaks it."""

GOOD: dict[str, tuple[str, Mapping[str, Any]]] = {
    "Told": (
        "Lambda::Function",
        {"Environment": {"Variables": {"PAYMENT_SECRET_ID": "", "TOKEN_KEY_IDS": ""}}},
    ),
    "Silent": ("Lambda::Function", {}),
    "Demands": ("S3::BucketPolicy", {"PolicyDocument": {"Statement": [POLICY, NO_TLS]}}),
    "Named": (
        "IAM::Role",
        {"Policies": [{"PolicyDocument": {"Statement": [{**POLICY, "Action": "kms:GenerateDataKey*"}]}}]},
    ),
    "Asymmetric": ("KMS::Key", {"KeyUsage": "SIGN_VERIFY"}),
}
"""What looks like a breach and is none."""


def _report(folder: Path) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads((folder / "validation-report.json").read_text())[
        "pluginReports"
    ]
    return found


def _broken(report: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {
        (violation["ruleName"], place["constructPath"])
        for plugin in report
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    }


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return what our rules find in one made-up stack: rule and construct."""
    import aws_cdk as cdk

    from stacks.validations import guard_rules

    folder = tmp_path_factory.mktemp("bad")
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "made-up")
    for name, (kind, properties) in (BAD | GOOD).items():
        cdk.CfnResource(stack, name, type=f"AWS::{kind}", properties=properties)
    rules = cdk.CloudFormationValidatePlugin(guard_rules=guard_rules(), include_default_rules=False)
    cdk.Validations.of(app).add_plugins(rules)
    app.synth()
    return _broken(_report(folder))


@pytest.mark.parametrize("rule", BAD)
def test_each_of_our_rules_finds_its_breach(bad: set[tuple[str, str]], rule: str) -> None:
    assert (rule, f"made-up/{rule}") in bad


def test_our_rules_find_no_breach_where_there_is_none(bad: set[tuple[str, str]]) -> None:
    assert {place for rule, place in bad if rule in BAD} & {f"made-up/{name}" for name in GOOD} == set()


def test_every_rule_of_ours_has_an_example_that_breaks_it() -> None:
    from stacks.validations import RULES

    text = "".join(path.read_text("utf-8") for path in RULES.glob("*.guard"))
    assert set(re.findall(r"^rule (\w+)", text, re.MULTILINE)) == set(BAD)


def test_a_finding_of_ours_refuses_the_synthesis(tmp_path: Path) -> None:
    import aws_cdk as cdk

    from stacks.assembly import ROOT
    from stacks.validations import synthesise

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(outdir=str(tmp_path), context=context)
    stack = cdk.Stack(app, "made-up")
    cdk.CfnResource(stack, "Log", type="AWS::Logs::LogGroup", properties={})

    with pytest.raises(SystemExit, match="how long it keeps its lines"):
        synthesise(app)


def _met(report: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {
        (found["ruleName"], found["acknowledgedAt"])
        for plugin in report
        for found in plugin["suppressedViolations"]
    }


def _accepted(sites: Mapping[str, Any], personal: str | None) -> set[tuple[str, str]]:
    from stacks.acknowledged import of_stage
    from stacks.openapi import DOCUMENT, read_document
    from stacks.stages import all_stages

    document = read_document(DOCUMENT)
    return {
        (
            accepted.rule.replace("{stage}", stage.name),
            f"greenroom-{stage.name}-{accepted.part}/{accepted.path.replace('{stage}', stage.name)}",
        )
        for stage in all_stages(sites, personal)
        for accepted in of_stage(stage, document)
    }


def _hold_together(report: list[Mapping[str, Any]], accepted: set[tuple[str, str]]) -> None:
    met = _met(report)

    assert {plugin["pluginName"] for plugin in report} == {"AwsSolutions", "CloudFormation Validate"}
    assert _broken(report) == set()
    assert {place for _, place in met - accepted} == {"greenroom-account/GatewayLogs"}
    assert accepted - met == set()


def test_what_cdk_nag_and_our_rules_find_is_accepted_and_what_is_accepted_they_find(
    assembly: Assembly,
) -> None:
    from stacks.assembly import ROOT

    sites = json.loads((ROOT / "cdk.json").read_text())["context"]["sites"]
    _hold_together(_report(assembly.folder), _accepted(sites, PERSONAL))


def test_so_it_is_for_an_operator_who_has_everything_of_his_own(chosen: Assembly) -> None:
    _hold_together(_report(chosen.folder), _accepted({"prod": SITE}, None))


def test_a_restored_table_is_no_reason_to_refuse_a_deployment(restored: Assembly) -> None:
    _hold_together(_report(restored.folder), _accepted({"prod": RESTORED_SITE}, None))


def test_nothing_is_accepted_for_more_than_the_construct_it_is_about(assembly: Assembly) -> None:
    for plugin in _report(assembly.folder):
        for found in plugin["suppressedViolations"]:
            assert len(found["reason"]) > 20
            for place in found["violatingConstructs"]:
                # The resource itself, or the one resource that a construct is there for.
                assert place["constructPath"].removesuffix("/Resource") == found["acknowledgedAt"]


def test_a_finding_of_a_scanner_without_a_skip_is_a_fault() -> None:
    finding = Finding("CKV_AWS_1", "greenroom-dev-api S3::Bucket Files", "is public")
    elsewhere = Skip("CKV_AWS_1", re.compile(r"\S+-data S3::Bucket Files"), "")
    other = Skip("CKV_AWS_2", re.compile(r".*"), "")

    assert len(faults([finding], [])) == 1
    assert "is public" in faults([finding], [elsewhere, other])[0]


def test_a_skip_without_a_finding_is_a_fault() -> None:
    skip = Skip("CKV_AWS_1", re.compile(r"greenroom-dev-api S3::Bucket Files"), "")
    finding = Finding("CKV_AWS_1", "greenroom-dev-api S3::Bucket Files", "is public")

    assert faults([finding], [skip]) == []
    assert "meets no finding" in faults([], [skip])[0]


def test_every_skip_of_the_scanners_has_a_reason() -> None:
    skips = read_skips()

    assert skips
    for skip in skips:
        assert len(skip.reason) > 20
        # To skip a rule everywhere is for what the CDK itself writes.
        assert skip.places.pattern != ".*" or skip.rule == "W3005"
