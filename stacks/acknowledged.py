"""Findings of the template checks that stay: each on the one construct it is about, with its reason.

Whoever adds to this table says why the finding is no fault here; a fault is mended instead. A test sees that
every line meets a finding, so what was mended later leaves the table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from stacks.functions import PLANS, Target
from stacks.openapi import Document
from stacks.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One finding on one construct of a stage's stack; ``{stage}`` in the rule is the stage's name."""

    rule: str
    part: str
    """The stack's name without the stage: ``data``, ``api``, …"""
    path: str
    reason: str
    where: Callable[[Stage], bool] = lambda _: True
    """In which stages there is such a finding."""


_BY_HAND = "rotated by an operator, who has to tell the other side: docs/runbooks/{}.md"

_DATA = (
    Accepted(
        rule="AwsSolutions-DDB3",
        part="data",
        path="Tables/Limits",
        reason="counters and live sessions, rebuilt by use: to restore them would restore revoked sessions",
    ),
    Accepted(
        rule="tables_can_be_restored",
        part="data",
        path="Tables/Limits",
        reason="counters and live sessions, rebuilt by use: to restore them would restore revoked sessions",
    ),
    Accepted(
        rule="AwsSolutions-SMG4",
        part="data",
        path="CursorSecret",
        reason="signs positions in public lists: a new value voids open lists and guards nothing",
    ),
    Accepted(
        rule="AwsSolutions-SMG4",
        part="data",
        path="PaymentSecret",
        reason=_BY_HAND.format("key-rotation") + "; the payment provider makes it, no function here could",
    ),
    Accepted(
        rule="AwsSolutions-SMG4",
        part="data",
        path="MonitoringSecret",
        reason=_BY_HAND.format("monitoring-token"),
    ),
    Accepted(
        rule="AwsSolutions-SQS3",
        part="data",
        path="UndeliveredEvents",
        reason="it is the dead-letter queue, of a stream: no queue names it as its own",
    ),
    Accepted(
        rule="AwsSolutions-S1",
        part="data",
        path="LogArchive",
        reason="holds logs, written by one role and read by people alone, which CloudTrail records",
        where=lambda stage: stage.archive_days > 0,
    ),
)

_API = (
    Accepted(
        rule="AwsSolutions-APIG2",
        part="api",
        path="Gateway/Api",
        reason="bodies and parameters are validated in the functions, strictly and by the declared shapes",
    ),
    Accepted(
        rule="AwsSolutions-APIG6",
        part="api",
        path="Gateway/Api/DeploymentStage.{stage}",
        reason="the access log has each call; execution logs would hold paths and bodies that users typed",
    ),
    Accepted(
        rule="AwsSolutions-IAM5[Resource::*]",
        part="api",
        path="Health/Role",
        reason="CloudWatch's metrics have no ARN, nor have X-Ray's traces",
    ),
    *(
        Accepted(
            rule="AwsSolutions-IAM5[Resource::*]",
            part="api",
            path=f"{plan.name.capitalize()}/Role",
            reason="X-Ray's traces have no ARN",
            where=lambda stage: stage.tracing,
        )
        for plan in PLANS
        if Target.FIGURES not in plan.calls
    ),
    *(
        Accepted(
            rule="AwsSolutions-L1",
            part="api",
            path=f"{plan.name.capitalize()}/Function",
            reason="3.13 is the Python that the layers' bytecode is made by and the tests run on",
        )
        for plan in PLANS
    ),
)

_OBSERVABILITY = (
    Accepted(
        rule="AwsSolutions-IAM5[Resource::greenroom-{stage}-data:"
        "ExportsOutputFnGetAttLogArchive62E50B8EArnECC792A2/*]",
        part="observability",
        path="Archive/Deliver",
        reason="objects of one bucket, which are named by log and date",
        where=lambda stage: stage.archive_days > 0,
    ),
)

_ACCOUNT = Accepted(
    rule="AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
    part="account",
    path="GatewayLogs",
    reason="API Gateway accepts no role that has less than this policy",
)


def _methods(document: Document) -> Iterator[Accepted]:
    """Yield what is found on each method: the gateway asks nobody, for the functions do."""
    for path, operations in document.resources().items():
        for method in (*(operation.method for operation in operations), "ANY"):
            for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
                yield Accepted(
                    rule=rule,
                    part="api",
                    path=f"Gateway/Api/Default{path}/{method}",
                    reason="the function decides who may call, by the route's declaration, which has tests",
                )


def of_stage(stage: Stage, document: Document) -> Iterator[Accepted]:
    """Yield what is accepted in a stage."""
    for accepted in (*_DATA, *_API, *_OBSERVABILITY, *_methods(document)):
        if accepted.where(stage):
            yield accepted


def acknowledge_stage(stacks: Mapping[str, cdk.Stack], stage: Stage, document: Document) -> None:
    """Tell the checks what is accepted in a stage's stacks, by part; a path that leads nowhere fails."""
    for accepted in of_stage(stage, document):
        _acknowledge(stacks[accepted.part], accepted, stage.name)


def acknowledge_account(stack: cdk.Stack) -> None:
    """Tell the checks what is accepted in the account's stack."""
    _acknowledge(stack, _ACCOUNT, "")


def _acknowledge(stack: cdk.Stack, accepted: Accepted, stage: str) -> None:
    construct: Construct = stack
    for part in accepted.path.replace("{stage}", stage).split("/"):
        child = construct.node.find_child(part)
        if not isinstance(child, Construct):
            raise TypeError(f"{accepted.path} is no construct")
        construct = child
    rule = accepted.rule.replace("{stage}", stage)
    # With the plugin's name before it: the report then lists what was accepted, and why.
    plugin = "AwsSolutions" if rule.startswith("AwsSolutions-") else "CloudFormation-Validate"
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"{plugin}::{rule}", reason=accepted.reason)
    )
