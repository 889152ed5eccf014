"""What scanners let pass and an account would not: every stage is without it, and each check finds it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.soundness import (
    Stage,
    endless_logs,
    missing_key_grants,
    open_buckets,
    silent_alarms,
    unsound_aliases,
)
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

Template = dict[str, tuple[str, dict[str, Any]]]
CHECKS = (unsound_aliases, missing_key_grants, silent_alarms, open_buckets, endless_logs)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_sound(assembly: Assembly, stage: str, check: Any) -> None:
    assert check(Stage(assembly, stage)) == set()


@pytest.fixture
def made_up(tmp_path: Path) -> Any:
    def make(template: Template) -> Stage:
        resources = {
            name: {"Type": f"AWS::{kind}", "Properties": properties}
            for name, (kind, properties) in template.items()
        }
        path = tmp_path / "greenroom-made-up.template.json"
        path.write_text(json.dumps({"Resources": resources}))
        return Stage(Assembly(tmp_path), "made")

    return make


def _get(name: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


SNAPPED: Template = {
    "Function": ("Lambda::Function", {"SnapStart": {"ApplyOn": "PublishedVersions"}}),
    "Version": ("Lambda::Version", {"FunctionName": {"Ref": "Function"}}),
    "Alias": (
        "Lambda::Alias",
        {
            "Name": "live",
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": _get("Version", "Version"),
        },
    ),
}
PROVISIONED = {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 3}}
SCALED = {"ScalableDimension": "lambda:function:ProvisionedConcurrency", "MinCapacity": 3}


def _with(template: Template, name: str, **changes: Any) -> Template:
    kind, properties = template.get(name, ("", {}))
    return {**template, name: (kind, {**properties, **changes})}


def test_snapstart_alone_and_provisioned_concurrency_alone_are_sound(made_up: Any) -> None:
    assert unsound_aliases(made_up(SNAPPED)) == set()
    plain = _with(SNAPPED, "Function", SnapStart={"ApplyOn": "None"})
    assert unsound_aliases(made_up(_with(plain, "Alias", **PROVISIONED))) == set()


@pytest.mark.parametrize(
    "bad",
    [
        _with(SNAPPED, "Alias", **PROVISIONED),
        _with(SNAPPED, "Version", **PROVISIONED),
        {
            **SNAPPED,
            "Target": (
                "ApplicationAutoScaling::ScalableTarget",
                {**SCALED, "ResourceId": {"Fn::Join": ["", ["function:", {"Ref": "Function"}, ":live"]]}},
            ),
        },
        {
            **SNAPPED,
            "Target": (
                "ApplicationAutoScaling::ScalableTarget",
                {**SCALED, "ResourceId": "function:greenroom-made-up:live"},
            ),
        },
    ],
    ids=["on the alias", "on the version", "by scaling", "by scaling, named"],
)
def test_both_on_one_alias_are_found(made_up: Any, bad: Template) -> None:
    assert unsound_aliases(made_up(bad)) == {"Alias"}


def _role(*statements: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    policy = {"PolicyDocument": {"Statement": [{"Effect": "Allow", **statement} for statement in statements]}}
    return "IAM::Role", {"Policies": [policy]}


READ_TABLE = {"Action": "dynamodb:GetItem", "Resource": _get("Table")}
DECRYPT = {"Action": "kms:Decrypt", "Resource": _get("Key")}
ENCRYPTED: Template = {
    "Key": ("KMS::Key", {}),
    "OtherKey": ("KMS::Key", {}),
    "Table": ("DynamoDB::Table", {"SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": _get("Key")}}),
    "Secret": ("SecretsManager::Secret", {"KmsKeyId": _get("Key")}),
    "Topic": ("SNS::Topic", {"KmsMasterKeyId": _get("Key")}),
    "Aws": ("SQS::Queue", {"KmsMasterKeyId": "alias/aws/sqs"}),
}


def test_a_role_that_has_the_keys_of_what_it_calls_is_sound(made_up: Any) -> None:
    stage = made_up(
        {
            **ENCRYPTED,
            "Role": _role(
                READ_TABLE,
                DECRYPT,
                {"Action": ["sns:Publish"], "Resource": {"Ref": "Topic"}},
                {"Action": ["kms:GenerateDataKey*"], "Resource": _get("Key")},
                {"Action": "sqs:SendMessage", "Resource": _get("Aws")},
            ),
        }
    )

    assert missing_key_grants(stage) == set()


@pytest.mark.parametrize(
    ("statements", "lacking"),
    [
        ([READ_TABLE], ("Table", "kms:Decrypt")),
        ([READ_TABLE, {"Action": "kms:Decrypt", "Resource": _get("OtherKey")}], ("Table", "kms:Decrypt")),
        (
            [{"Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Secret"}}],
            ("Secret", "kms:Decrypt"),
        ),
        (
            [{"Action": "sns:Publish", "Resource": {"Ref": "Topic"}}, DECRYPT],
            ("Topic", "kms:GenerateDataKey"),
        ),
    ],
    ids=["table", "another key", "secret", "topic"],
)
def test_a_call_without_its_key_is_found(
    made_up: Any, statements: list[Mapping[str, Any]], lacking: tuple[str, str]
) -> None:
    stage = made_up({**ENCRYPTED, "Role": _role(*statements)})

    assert missing_key_grants(stage) == {("Role", *lacking)}


def test_a_call_by_an_attached_policy_without_its_key_is_found(made_up: Any) -> None:
    _, properties = _role(READ_TABLE)
    policy = {**properties["Policies"][0], "Roles": [{"Ref": "Role"}]}

    stage = made_up({**ENCRYPTED, "Role": ("IAM::Role", {}), "Policy": ("IAM::Policy", policy)})

    assert missing_key_grants(stage) == {("Role", "Table", "kms:Decrypt")}


CLOUDWATCH = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}}
MAY_USE = {"Statement": [{**CLOUDWATCH, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}]}
MAY_PUBLISH = {"Statement": [{**CLOUDWATCH, "Action": "sns:Publish"}]}
HEARD: Template = {
    "Key": ("KMS::Key", {"KeyPolicy": MAY_USE}),
    "Topic": ("SNS::Topic", {"KmsMasterKeyId": _get("Key")}),
    "Policy": ("SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": MAY_PUBLISH}),
    "Alarm": ("CloudWatch::Alarm", {"AlarmActions": [{"Ref": "Topic"}]}),
}


def test_an_alarm_on_a_topic_that_cloudwatch_may_use_is_heard(made_up: Any) -> None:
    assert silent_alarms(made_up(HEARD)) == set()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (_with(HEARD, "Alarm", AlarmActions=[]), "has no action"),
        (_with(HEARD, "Alarm", AlarmActions=["arn:aws:sns:::gone"]), "is no topic"),
        (_with(HEARD, "Key", KeyPolicy={"Statement": []}), "does not let CloudWatch publish"),
        (
            _with(HEARD, "Key", KeyPolicy={"Statement": [{**CLOUDWATCH, "Action": "kms:Decrypt"}]}),
            "does not let CloudWatch publish",
        ),
        (_with(HEARD, "Topic", KmsMasterKeyId="alias/aws/sns"), "does not let CloudWatch publish"),
        (_with(HEARD, "Policy", PolicyDocument={"Statement": []}), "takes nothing"),
    ],
    ids=["no action", "no topic", "key", "half a key", "a key of AWS", "topic"],
)
def test_an_alarm_that_nobody_would_hear_is_found(made_up: Any, bad: Template, why: str) -> None:
    ((name, said),) = silent_alarms(made_up(bad))

    assert name == "Alarm"
    assert why in said


def test_a_bucket_without_a_policy_is_found(made_up: Any) -> None:
    policy: Template = {"Policy": ("S3::BucketPolicy", {"Bucket": {"Ref": "Closed"}})}

    assert open_buckets(made_up({"Open": ("S3::Bucket", {}), "Closed": ("S3::Bucket", {}), **policy})) == {
        "Open"
    }


def test_a_function_whose_log_never_ends_is_found(made_up: Any) -> None:
    stage = made_up(
        {
            "Log": ("Logs::LogGroup", {"RetentionInDays": 7}),
            "Forever": ("Logs::LogGroup", {}),
            "Named": ("Logs::LogGroup", {"RetentionInDays": 7, "LogGroupName": "/aws/lambda/named"}),
            "Good": ("Lambda::Function", {"LoggingConfig": {"LogGroup": {"Ref": "Log"}}}),
            "ByName": ("Lambda::Function", {"FunctionName": "named"}),
            "Silent": ("Lambda::Function", {}),
            "Bad": ("Lambda::Function", {"LoggingConfig": {"LogGroup": {"Ref": "Forever"}}}),
        }
    )

    assert endless_logs(stage) == {"Silent", "Bad"}
