"""A synthesised template, changed as little as the emulator needs: what it lacks, and what is local."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ALARM = "AWS::CloudWatch::Alarm"
_COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
LACKING = frozenset(
    {
        _COMPOSITE,
        "AWS::Logs::QueryDefinition",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation",
    }
)
"""Types of resources that the emulator does not make. None of them answers a request."""

_NOTHING = "AWS::CloudFormation::WaitConditionHandle"
"""What a resource becomes that cannot be made: CloudFormation's own resource that is nothing."""
_STAND_IN = {
    "Namespace": "StandIn",
    "MetricName": "StandIn",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
"""An alarm that others may name, in the place of one on an expression or on other alarms."""

_WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}
_NOBODY = {"Null": {"aws:SecureTransport": "true"}}
"""A condition that no call meets: of each it is known whether it came over TLS."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """A template that the emulator takes, and how many of its resources are not what they were, by type."""

    template: dict[str, Any]
    lacking: Mapping[str, int]


def adapt(text: str, settings: Mapping[str, str]) -> Adapted:
    """Put stand-ins in the places of what the emulator lacks, and give every function some more settings."""
    template: dict[str, Any] = _secrets_by_arn(json.loads(text))
    lacking: dict[str, int] = {}
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        if kind in LACKING or (kind == _ALARM and "Metrics" in resource["Properties"]):
            lacking[kind] = lacking.get(kind, 0) + 1
            template["Resources"][name] = _stand_in(resource)
        elif kind == "AWS::Lambda::Function":
            resource["Properties"]["Environment"]["Variables"].update(settings)
        elif kind == "AWS::IAM::Role":
            _widen_mail(resource["Properties"])
        elif kind in {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}:
            _let_http_in(resource["Properties"]["PolicyDocument"])
    return Adapted(template, lacking)


def _stand_in(resource: Mapping[str, Any]) -> dict[str, Any]:
    order = {"DependsOn": resource["DependsOn"]} if "DependsOn" in resource else {}
    if resource["Type"] not in {_ALARM, _COMPOSITE}:
        return {"Type": _NOTHING, **order}
    named = {key: value for key, value in resource["Properties"].items() if key == "AlarmName"}
    return {"Type": _ALARM, "Properties": {**_STAND_IN, **named}, **order}


def _widen_mail(role: Mapping[str, Any]) -> None:
    """Let a role that may send mail as one identity send it as any: the emulator asks for no less."""
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "ses:SendEmail" in statement["Action"]:
                statement["Resource"] = "*"


def _let_http_in(document: Mapping[str, Any]) -> None:
    """Deny nobody for calling without TLS: the emulator has none, and all that functions ask would fail."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Deny" and statement.get("Condition") == _WITHOUT_TLS:
            statement["Condition"] = _NOBODY


def _secrets_by_arn(template: dict[str, Any]) -> dict[str, Any]:
    """Name secrets by their ARN: a plain reference is one on AWS, and in the emulator only the name."""
    secrets = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    }

    def named(found: dict[str, Any]) -> dict[str, Any]:
        if found.keys() == {"Ref"} and found["Ref"] in secrets:
            return {"Fn::GetAtt": [found["Ref"], "Id"]}
        return found

    changed: dict[str, Any] = json.loads(json.dumps(template), object_hook=named)
    return changed
