"""Findings of the template checks that stay: each on the one construct it is about, with its reason.

Whoever adds to this table says why the finding is no fault here; a fault is mended instead. A test sees that
every line meets a finding, so what was mended later leaves the table.
"""

from collections.abc import Iterator, Mapping

import aws_cdk as cdk

from stacks.acceptance import Accepted, acknowledge, logical_id
from stacks.functions import PLANS, RELEASED, Target
from stacks.media_bucket import PUBLISHED, QUARANTINE
from stacks.openapi import Document
from stacks.partners import partner_reads
from stacks.stages import Stage

_CDN = "Cdn/Distribution"
_COUNTERS = "counters and live sessions, rebuilt by use: to restore them would restore revoked sessions"
_BY_HAND = "rotated by an operator, who has to tell the other side: docs/runbooks/{}.md"

_DATA = (
    Accepted(
        rule="AwsSolutions-DDB3",
        part="data",
        path="Tables/Limits",
        reason=_COUNTERS,
    ),
    Accepted(
        rule="tables_can_be_restored",
        part="data",
        path="Tables/Limits",
        reason=_COUNTERS,
    ),
    Accepted(
        rule="tables_are_encrypted_by_a_key_of_the_account",
        part="data",
        path="Tables/Limits",
        reason="under DynamoDB's own key: a fault of KMS would turn every login away, to protect counters",
    ),
    *(
        Accepted(
            rule="tables_are_encrypted_by_a_key_of_the_account",
            part="data",
            path=f"Tables/{table}",
            reason="under DynamoDB's own key: a developer's stage holds nobody's data and costs nothing",
            where=lambda stage: not stage.own_keys,
        )
        for table in ("Identity", "Catalog", "Bookings")
    ),
    Accepted(
        rule="AwsSolutions-S1",
        part="data",
        path="Media",
        reason="what it holds is public, or an upload that is checked and gone within a day",
    ),
    Accepted(
        rule="AwsSolutions-CFR1",
        part="data",
        path=_CDN,
        reason="what celebrities publish is for readers of every country",
    ),
    Accepted(
        rule="AwsSolutions-CFR2",
        part="data",
        path=_CDN,
        reason="serves files, no code stands behind it; a firewall is charged by the request",
    ),
    Accepted(
        rule="AwsSolutions-CFR3",
        part="data",
        path=_CDN,
        reason="a log would say who looked at whom, and of public files nothing else of worth",
    ),
    Accepted(
        rule="AwsSolutions-CFR4",
        part="data",
        path=_CDN,
        reason="the network's own name has a policy that AWS sets; a domain of its own has TLS 1.2 of 2021",
        where=lambda stage: stage.site.cdn_domain is None,
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

_UPLOADS = tuple(
    Accepted(
        rule="AwsSolutions-IAM5[Resource::greenroom-{stage}-data:"
        f"ExportsOutputFnGetAttMediaA721A567ArnB9989168/{prefix}*]",
        part="api",
        path="Catalog/Role",
        reason="files of one prefix, each named by the upload that it is of",
    )
    for prefix in (QUARANTINE, PUBLISHED)
)

_CANARIES = (
    Accepted(
        rule="AwsSolutions-IAM5[Resource::*]",
        part="api",
        path="Canaries/Role",
        reason="CloudWatch may refuse to describe alarms to whoever may not describe all of them",
        where=lambda stage: stage.canary,
    ),
    *(
        Accepted(
            rule=f"AwsSolutions-IAM5[Resource::<{logical_id(f'{plan.name.capitalize()}/Function')}.Arn>:*]",
            part="api",
            path="Canaries/Role",
            reason="the versions and the alias of one function, between which CodeDeploy moves the calls",
            where=lambda stage: stage.canary,
        )
        for plan in RELEASED
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


_PARTNERS = (
    Accepted(
        rule="AwsSolutions-APIG2",
        part="api",
        path="Partners/Api",
        reason="parameters are validated in the function, strictly and by the declared shapes",
        where=lambda stage: bool(stage.site.partners),
    ),
    Accepted(
        rule="AwsSolutions-APIG6",
        part="api",
        path="Partners/Api/DeploymentStage.{stage}",
        reason="the access log has each call; execution logs would hold what users typed, and keys",
        where=lambda stage: bool(stage.site.partners),
    ),
)


def _methods(gateway: str, document: Document, reason: str) -> Iterator[Accepted]:
    """Yield what is found on each method: the gateway asks nobody, for the functions do."""
    for path, operations in document.resources().items():
        for method in (*(operation.method for operation in operations), "ANY"):
            for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
                yield Accepted(
                    rule=rule, part="api", path=f"{gateway}/Api/Default{path}/{method}", reason=reason
                )


def _backups(stage: Stage) -> Iterator[Accepted]:
    """Yield what is found on the role that fills the vault: a backup's name is known when it is made."""
    for name in ("identity", "catalog", "bookings") if stage.keeps_data else ():
        table = f"<{logical_id(f'Tables/{name.capitalize()}')}.Arn>"
        if name in stage.site.restored:
            account = "<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>"
            table = f"arn:{account}:table/{stage.site.restored[name]}"
        yield Accepted(
            rule=f"AwsSolutions-IAM5[Resource::{table}/backup/*]",
            part="data",
            path="Backups/Role",
            reason="the backups of one table, whose names are known when they are made",
        )


def of_stage(stage: Stage, document: Document) -> Iterator[Accepted]:
    """Yield what is accepted in a stage."""
    for accepted in (*_DATA, *_API, *_UPLOADS, *_CANARIES, *_OBSERVABILITY, *_PARTNERS):
        if accepted.where(stage):
            yield accepted
    yield from _backups(stage)
    decided = "the function decides who may call, by the route's declaration, which has tests"
    yield from _methods("Gateway", document, decided)
    if stage.site.partners:
        public = "what everybody may read; a key says whose quota a call counts against, and no more"
        yield from _methods("Partners", partner_reads(document), public)


def acknowledge_stage(stacks: Mapping[str, cdk.Stack], stage: Stage, document: Document) -> None:
    """Tell the checks what is accepted in a stage's stacks, by part; a path that leads nowhere fails."""
    for accepted in of_stage(stage, document):
        acknowledge(stacks[accepted.part], accepted, stage.name)


def acknowledge_account(stack: cdk.Stack) -> None:
    """Tell the checks what is accepted in the account's stack."""
    acknowledge(stack, _ACCOUNT, "")
