"""Every function: what it is told, carries, and may call. Roles are made from this table alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from stacks.layers import BASE, CALENDARS, FIGURES, IDENTITY, PAYMENTS, TOKENS


class Target(Enum):
    """Something that a function may call; each is one ARN, and one for every token key."""

    IDENTITY = auto()
    CATALOG = auto()
    BOOKINGS = auto()
    BY_BUYER = auto()
    BY_AGENT = auto()
    BY_DUE = auto()
    ERASURES = auto()
    """Items of the bookings table about those who have left, and no others."""
    LIMITS = auto()
    BOOKING_STREAM = auto()
    UNDELIVERED = auto()
    TOKEN_KEYS = auto()
    CURSOR_SECRET = auto()
    PAYMENT_SECRET = auto()
    MONITORING_SECRET = auto()
    QUARANTINE = auto()
    """What was uploaded and not looked at yet."""
    MEDIA = auto()
    """What is published."""
    MAIL_DOMAIN = auto()
    VERSIONS = auto()
    """The versions of this release, of every function but the one that tries them out."""
    CANARIES = auto()
    """The deployment groups of CodeDeploy; none where a stage is deployed all at once."""
    FIGURES = auto()
    """CloudWatch's metrics, which have no ARN: whoever may read some may read all of the account's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPlan:
    """One function's settings (names of environment variables), permitted calls and third-party code."""

    name: str
    seconds: int
    """Its time-out. The gateway itself gives up after 29 seconds."""
    settings: tuple[str, ...]
    calls: Mapping[Target, tuple[str, ...]]
    layers: tuple[str, ...] = (BASE,)
    """Those of ``stacks.layers`` that its code can reach; Lambda takes four besides the shared code's."""
    behind_gateway: bool = True


def _items(*operations: str) -> tuple[str, ...]:
    return tuple(f"dynamodb:{operation}" for operation in operations)


_TOKENS = ("TOKEN_KEY_IDS", "TOKEN_ISSUER", "TOKEN_AUDIENCE")
# A transaction needs the permission of each item's own operation, there is none for the transaction.
_CHANGE_BOOKINGS = ("GetItem", "BatchGetItem", "PutItem")
# A request is counted by one update; while that fails, the session is at least looked up.
_ADMIT = _items("GetItem", "UpdateItem")
_VERIFY = {Target.LIMITS: _ADMIT, Target.TOKEN_KEYS: ("kms:GetPublicKey",)}
_READ_SECRET = ("secretsmanager:GetSecretValue",)
# SES v2 has one call, but checks the second permission when the message is given as raw MIME.
_SEND_MAIL = ("ses:SendEmail", "ses:SendRawEmail")

PLANS = (
    FunctionPlan(
        name="auth",
        seconds=15,
        settings=(
            "IDENTITY_TABLE",
            "LIMITS_TABLE",
            *_TOKENS,
            "PUBLIC_URL",
            "MAIL_FROM",
            "WEBAUTHN_RP_ID",
            "WEBAUTHN_ORIGINS",
            *("CATALOG_TABLE", "BOOKINGS_TABLE", "CURSOR_SECRET_ID"),
        ),
        layers=(BASE, TOKENS, IDENTITY),
        calls={
            Target.IDENTITY: _items(
                "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "ConditionCheckItem"
            ),
            Target.LIMITS: _items("GetItem", "UpdateItem", "DeleteItem"),
            # Of bookings it shows their own to those who take them along; who leaves must have no roster.
            Target.CATALOG: _items("GetItem", "ConditionCheckItem"),
            Target.BOOKINGS: _items("Query"),
            Target.BY_BUYER: _items("Query"),
            Target.BY_AGENT: _items("Query"),
            Target.ERASURES: _items("PutItem"),
            Target.CURSOR_SECRET: _READ_SECRET,
            # All of them sign: while a deployment swaps two, functions of before and after run together.
            Target.TOKEN_KEYS: ("kms:Sign", "kms:GetPublicKey"),
            Target.MAIL_DOMAIN: _SEND_MAIL,
        },
    ),
    FunctionPlan(
        name="catalog",
        seconds=15,
        settings=(
            *("CATALOG_TABLE", "BOOKINGS_TABLE", "LIMITS_TABLE"),
            *_TOKENS,
            "CURSOR_SECRET_ID",
            "CDN_URL",
            "MEDIA_BUCKET",
            "CACHE_URL",
        ),
        layers=(BASE, TOKENS, FIGURES),
        calls={
            Target.CATALOG: _items("GetItem", "BatchGetItem", "PutItem", "Query"),
            # Days and blocks, and the answers that are kept for repeated requests.
            Target.BOOKINGS: _items(*_CHANGE_BOOKINGS, "DeleteItem", "Query"),
            # Whoever signs a form must himself be allowed what it allows.
            Target.QUARANTINE: ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"),
            Target.MEDIA: ("s3:PutObject",),
            Target.CURSOR_SECRET: _READ_SECRET,
            **_VERIFY,
        },
    ),
    FunctionPlan(
        name="bookings",
        seconds=15,
        settings=("CATALOG_TABLE", "BOOKINGS_TABLE", "LIMITS_TABLE", *_TOKENS, "CURSOR_SECRET_ID"),
        layers=(BASE, TOKENS, CALENDARS),
        calls={
            Target.CATALOG: _items("BatchGetItem"),
            Target.BOOKINGS: _items(*_CHANGE_BOOKINGS, "Query"),
            Target.BY_BUYER: _items("Query"),
            Target.BY_AGENT: _items("Query"),
            Target.CURSOR_SECRET: _READ_SECRET,
            **_VERIFY,
        },
    ),
    FunctionPlan(
        name="payments",
        # The provider's answer can take its time; to give up on it would leave the outcome unknown.
        seconds=28,
        settings=("BOOKINGS_TABLE", "LIMITS_TABLE", *_TOKENS, "PAYMENT_SECRET_ID", "PAYMENT_API_URL"),
        layers=(BASE, TOKENS, PAYMENTS),
        calls={
            Target.BOOKINGS: _items(*_CHANGE_BOOKINGS, "Query"),
            Target.PAYMENT_SECRET: _READ_SECRET,
            **_VERIFY,
        },
    ),
    FunctionPlan(
        name="health",
        seconds=10,
        settings=(
            *("IDENTITY_TABLE", "CATALOG_TABLE", "BOOKINGS_TABLE", "LIMITS_TABLE"),
            *_TOKENS,
            "MAIL_FROM",
            "MONITORING_SECRET_ID",
            "PAYMENT_API_URL",
            "CDN_URL",
            "CACHE_URL",
        ),
        layers=(BASE, TOKENS, FIGURES),
        calls={
            Target.IDENTITY: _items("GetItem"),
            # The cache is probed as a reader of the list would use it.
            Target.CATALOG: _items("GetItem", "Query"),
            Target.BOOKINGS: _items("GetItem"),
            # Not to count: what an admin sees here has no limit.
            Target.LIMITS: _items("GetItem"),
            Target.TOKEN_KEYS: ("kms:GetPublicKey",),
            Target.MONITORING_SECRET: _READ_SECRET,
            Target.MAIL_DOMAIN: ("ses:GetEmailIdentity",),
            Target.FIGURES: ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
        },
    ),
    FunctionPlan(
        name="outbox",
        seconds=60,
        settings=("BOOKINGS_TABLE", "IDENTITY_TABLE", "MAIL_FROM", "PUBLIC_URL", "UNDELIVERED_QUEUE_URL"),
        layers=(BASE, CALENDARS),
        calls={
            Target.BOOKINGS: _items("GetItem", "PutItem", "UpdateItem", "Scan"),
            Target.IDENTITY: _items("GetItem"),
            Target.MAIL_DOMAIN: _SEND_MAIL,
            Target.BOOKING_STREAM: _items("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"),
            Target.UNDELIVERED: ("sqs:SendMessage",),
        },
        behind_gateway=False,
    ),
    FunctionPlan(
        name="sweeper",
        # Less than the minute after which the next run starts.
        seconds=50,
        settings=("BOOKINGS_TABLE", "PAYMENT_SECRET_ID", "PAYMENT_API_URL"),
        layers=(BASE, PAYMENTS),
        calls={
            Target.BY_DUE: _items("Query"),
            Target.BOOKINGS: _items(*_CHANGE_BOOKINGS, "Query"),
            Target.BY_BUYER: _items("Query"),
            Target.BY_AGENT: _items("Query"),
            Target.ERASURES: _items("DeleteItem"),
            Target.PAYMENT_SECRET: _READ_SECRET,
        },
        behind_gateway=False,
    ),
    FunctionPlan(
        name="smoke",
        # It asks other functions a few questions each, all of them cold.
        seconds=120,
        settings=("SMOKE_VERSIONS",),
        calls={
            Target.VERSIONS: ("lambda:InvokeFunction",),
            Target.CANARIES: ("codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"),
        },
        behind_gateway=False,
    ),
)

RELEASED = tuple(plan for plan in PLANS if plan.name != "smoke")
"""The functions that are published in versions. The one that tries them out is not: nothing tries it out."""
