"""A function's permissions: its plan's calls, each on the very ARNs it is for, if there are any.

A table under a key of ours is read and written only by who may also use that key, through DynamoDB alone. A
grant on the table does not say so by itself, and nothing but the first call in an account would tell.
"""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from stacks.data import DataStack
from stacks.functions import FunctionPlan, Target
from stacks.media_bucket import PUBLISHED, QUARANTINE
from stacks.stages import Stage

_TABLES = {
    Target.IDENTITY: "identity",
    Target.CATALOG: "catalog",
    **dict.fromkeys((Target.BOOKINGS, Target.BY_BUYER, Target.BY_AGENT, Target.BY_DUE), "bookings"),
    # Items of that table, told by their keys.
    Target.ERASURES: "bookings",
    # Records of a stream are encrypted as their table is.
    Target.BOOKING_STREAM: "bookings",
}
"""What belongs to which table, by the name of its key."""
_WRITES = frozenset(f"dynamodb:{operation}" for operation in ("PutItem", "UpdateItem", "DeleteItem"))
_TO_READ = ("Decrypt", "DescribeKey")
_TO_WRITE = ("Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")


def target_arns(stack: cdk.Stack, stage: Stage, data: DataStack) -> Mapping[Target, Sequence[str]]:
    """Return the ARNs of everything that functions of the stage may call."""
    tables = data.tables
    stream = tables.bookings.table_stream_arn
    if stream is None:
        raise ValueError("the bookings table has no stream")
    single = {
        Target.IDENTITY: tables.identity.table_arn,
        Target.CATALOG: tables.catalog.table_arn,
        Target.BOOKINGS: tables.bookings.table_arn,
        Target.BY_BUYER: f"{tables.bookings.table_arn}/index/by_buyer",
        Target.BY_AGENT: f"{tables.bookings.table_arn}/index/by_agent",
        Target.BY_DUE: f"{tables.bookings.table_arn}/index/by_due",
        Target.ERASURES: tables.bookings.table_arn,
        Target.LIMITS: tables.limits.table_arn,
        Target.BOOKING_STREAM: stream,
        Target.UNDELIVERED: data.undelivered.queue_arn,
        Target.CURSOR_SECRET: data.cursor_secret.secret_arn,
        Target.PAYMENT_SECRET: data.payment_secret.secret_arn,
        Target.MONITORING_SECRET: data.monitoring_secret.secret_arn,
        Target.FIGURES: "*",
        Target.QUARANTINE: data.media.arn_for_objects(f"{QUARANTINE}*"),
        Target.MEDIA: data.media.arn_for_objects(f"{PUBLISHED}*"),
        Target.MAIL_DOMAIN: stack.format_arn(
            service="ses", resource="identity", resource_name=stage.site.mail_domain
        ),
    }
    return {
        **{target: (arn,) for target, arn in single.items()},
        Target.TOKEN_KEYS: [key.key_arn for key in data.token_keys],
    }


def key_statements(stack: cdk.Stack, plan: FunctionPlan, data: DataStack) -> list[iam.PolicyStatement]:
    """Return one statement for each key of ours that encrypts a table of the plan."""
    called = {_TABLES[target] for target in plan.calls if target in _TABLES}
    written = {
        _TABLES[target]
        for target, actions in plan.calls.items()
        if target in _TABLES and not _WRITES.isdisjoint(actions)
    }
    return [
        iam.PolicyStatement(
            actions=[
                f"kms:{operation}" for operation in (*_TO_READ, *(_TO_WRITE if name in written else ()))
            ],
            resources=[key.key_arn],
            # The function itself can open nothing with it.
            conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{stack.region}.amazonaws.com"}},
        )
        for name, key in data.tables.keys.items()
        if name in called
    ]


CONDITIONS: Mapping[Target, Mapping[str, Mapping[str, Sequence[str]]]] = {
    # By the partition keys that a call names: no booking can be written or removed by such a statement.
    Target.ERASURES: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ERASURE#*"]}},
}


def plan_statements(plan: FunctionPlan, arns: Mapping[Target, Sequence[str]]) -> list[iam.PolicyStatement]:
    """Return one statement for each target of the plan that the stage has."""
    return [
        iam.PolicyStatement(
            actions=list(actions), resources=list(arns[target]), conditions=CONDITIONS.get(target)
        )
        for target, actions in plan.calls.items()
        if arns[target]
    ]
