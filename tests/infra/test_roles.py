"""Permissions: each role holds exactly the calls of its function, and nothing is granted by a wildcard."""

from collections.abc import Iterable

import aws_cdk as cdk
import pytest

from stacks.data import DataStack
from stacks.functions import PLANS, FunctionPlan, Target
from stacks.layers import SERVICES
from stacks.permissions import key_statements
from stacks.stages import all_stages
from tests.infra.templates import STAGES, Assembly, Statement

pytestmark = pytest.mark.xdist_group("infra")

IDENTITY = "<TablesIdentity.Arn>"
CATALOG = "<TablesCatalog.Arn>"
BOOKINGS = "<TablesBookings.Arn>"
LIMITS = "<TablesLimits.Arn>"
TOKEN_KEY = "<TokenKey1.Arn>"
CURSOR_SECRET = "<CursorSecret>"
PAYMENT_SECRET = "<PaymentSecret>"
MONITORING_SECRET = "<MonitoringSecret>"
MEDIA = "<Media.Arn>"
MAIL = "arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/{mail_domain}"
STREAM = "<TablesBookings.StreamArn>"
UNDELIVERED = "<UndeliveredEvents.Arn>"

CHANGE_BOOKINGS = "GetItem BatchGetItem PutItem"
ADMIT = "dynamodb:GetItem UpdateItem"
READ_SIDES = dict.fromkeys((f"{BOOKINGS}/index/by_buyer", f"{BOOKINGS}/index/by_agent"), "dynamodb:Query")
VERIFY = {LIMITS: ADMIT, TOKEN_KEY: "kms:GetPublicKey"}

EXPECTED = {
    "auth": {
        IDENTITY: "dynamodb:GetItem PutItem UpdateItem DeleteItem Query ConditionCheckItem",
        LIMITS: "dynamodb:GetItem UpdateItem DeleteItem",
        CATALOG: "dynamodb:GetItem ConditionCheckItem",
        **READ_SIDES,
        f"{BOOKINGS} of ERASURE#*": "dynamodb:PutItem",
        BOOKINGS: "dynamodb:Query",
        CURSOR_SECRET: "secretsmanager:GetSecretValue",
        TOKEN_KEY: "kms:Sign GetPublicKey",
        MAIL: "ses:SendEmail SendRawEmail",
    },
    "catalog": {
        CATALOG: "dynamodb:GetItem BatchGetItem PutItem Query",
        BOOKINGS: f"dynamodb:{CHANGE_BOOKINGS} DeleteItem Query",
        f"{MEDIA}/quarantine/*": "s3:PutObject GetObject DeleteObject",
        f"{MEDIA}/media/*": "s3:PutObject",
        CURSOR_SECRET: "secretsmanager:GetSecretValue",
        **VERIFY,
    },
    "bookings": {
        CATALOG: "dynamodb:BatchGetItem",
        BOOKINGS: f"dynamodb:{CHANGE_BOOKINGS} Query",
        f"{BOOKINGS}/index/by_buyer": "dynamodb:Query",
        f"{BOOKINGS}/index/by_agent": "dynamodb:Query",
        CURSOR_SECRET: "secretsmanager:GetSecretValue",
        **VERIFY,
    },
    "payments": {
        BOOKINGS: f"dynamodb:{CHANGE_BOOKINGS} Query",
        PAYMENT_SECRET: "secretsmanager:GetSecretValue",
        **VERIFY,
    },
    "health": {
        **dict.fromkeys((IDENTITY, BOOKINGS, LIMITS), "dynamodb:GetItem"),
        CATALOG: "dynamodb:GetItem Query",
        TOKEN_KEY: "kms:GetPublicKey",
        MONITORING_SECRET: "secretsmanager:GetSecretValue",
        MAIL: "ses:GetEmailIdentity",
        "*": "cloudwatch:GetMetricData ListMetrics",
    },
    "outbox": {
        BOOKINGS: "dynamodb:GetItem PutItem UpdateItem Scan",
        IDENTITY: "dynamodb:GetItem",
        MAIL: "ses:SendEmail SendRawEmail",
        STREAM: "dynamodb:DescribeStream GetRecords GetShardIterator ListStreams",
        UNDELIVERED: "sqs:SendMessage",
    },
    "sweeper": {
        f"{BOOKINGS}/index/by_due": "dynamodb:Query",
        BOOKINGS: f"dynamodb:{CHANGE_BOOKINGS} Query",
        **READ_SIDES,
        f"{BOOKINGS} of ERASURE#*": "dynamodb:DeleteItem",
        PAYMENT_SECRET: "secretsmanager:GetSecretValue",
    },
    "smoke": {
        # The version of this very release: not the function, no other version, no alias.
        f"<{name}FunctionCurrentVersion>": "lambda:InvokeFunction"
        for name in ("Auth", "Catalog", "Bookings", "Payments", "Health", "Outbox", "Sweeper")
    },
}
"""What each function may do: a service and its operations, by resource."""

RELEASED = [name for name in EXPECTED if name != "smoke"]
HOOK = "codedeploy:GetDeployment PutLifecycleEventHookExecutionStatus"
GROUP = "arn:<AWS::Partition>:codedeploy:<AWS::Region>:<AWS::AccountId>:deploymentgroup:greenroom-prod/{name}"
WITH_CANARIES = {"prod"}
KEYED = {
    "auth": {"Identity": "write", "Catalog": "read", "Bookings": "write"},
    "catalog": {"Catalog": "write", "Bookings": "write"},
    "bookings": {"Catalog": "read", "Bookings": "write"},
    "payments": {"Bookings": "write"},
    "health": {"Identity": "read", "Catalog": "read", "Bookings": "read"},
    # The stream's records are under the key of their table, too.
    "outbox": {"Identity": "read", "Bookings": "write"},
    "sweeper": {"Bookings": "write"},
}
"""Under which tables' keys each function reads, or also writes."""
KEY_USE = {
    "read": "kms:Decrypt DescribeKey",
    "write": "kms:Decrypt DescribeKey Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo",
}
OWN_KEYS = {"staging", "prod"}

MAIL_DOMAINS = {
    "dev": "dev.greenroom.example",
    "staging": "staging.greenroom.example",
    "prod": "greenroom.example",
    "alice": "dev.greenroom.example",
}

TRACED = {"staging", "prod"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

ALLOWED_WILDCARDS = {
    # X-Ray knows no resources.
    *((f"{name.capitalize()}Role", "Allow", "resource") for name in EXPECTED),
    # CloudWatch asks SNS, which calls one or the other of two operations of that name.
    ("TopicsKey", "Allow", "action"),
    ("TopicsKey", "Allow", "resource"),
    # Objects of one bucket, which are named by log and date.
    ("ArchiveDeliver", "Allow", "resource"),
    # Who may take the objects of the media bucket without TLS: nobody, by no operation.
    ("MediaPolicy", "Deny", "action"),
    ("MediaPolicy", "Deny", "resource"),
    # Who may take the objects without TLS: nobody, by no operation.
    ("LogArchivePolicy", "Deny", "action"),
    ("LogArchivePolicy", "Deny", "resource"),
    # A key's policy cannot name its own ARN; "*" there is the key, and nothing else.
    *((key, "Allow", "resource") for key in ("TokenKey1", "BackupsKey")),
    *((f"TablesKey{table}", "Allow", "resource") for table in ("Identity", "Catalog", "Bookings")),
    # Backups of one table, each with a name of its own.
    ("BackupsRole", "Allow", "resource"),
    # Published files, and none that was not checked.
    ("MediaPolicy", "Allow", "resource"),
    ("MediaPolicy", "Deny", "action"),
    ("MediaPolicy", "Deny", "resource"),
    # CloudWatch's metrics have no ARN. Both calls only read, and the function shows its own namespace alone.
    ("HealthRole", "Allow", "resource"),
    # Versions and the alias of each function: a version's number is not known before it is published.
    ("CanariesRole", "Allow", "resource"),
    # This one denies: whatever comes without TLS, by any operation.
    ("UndeliveredEventsPolicy", "Deny", "action"),
}


def _actions(text: str) -> set[str]:
    service, _, operations = text.partition(":")
    return {f"{service}:{operation}" for operation in operations.split()}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", EXPECTED)
def test_a_role_holds_exactly_the_calls_of_its_function(
    assembly: Assembly, function: str, stage: str
) -> None:
    held = assembly.role_statements(f"greenroom-{stage}-api", f"{function.capitalize()}Role")

    expected = {
        resource.format(mail_domain=MAIL_DOMAINS[stage]): _actions(text)
        for resource, text in EXPECTED[function].items()
    }
    log = f"<{function.capitalize()}Log.Arn>"
    if function == "smoke" and stage in WITH_CANARIES:
        expected |= {GROUP.format(name=f"greenroom-prod-{name}"): _actions(HOOK) for name in RELEASED}
    if stage in OWN_KEYS:
        expected |= {
            f"<TablesKey{table}.Arn> via dynamodb.<AWS::Region>.amazonaws.com": _actions(KEY_USE[use])
            for table, use in KEYED.get(function, {}).items()
        }
    if stage in TRACED:
        expected["*"] = expected.get("*", set()) | TRACES
    assert held == {**expected, log: {"logs:CreateLogStream", "logs:PutLogEvents"}}


@pytest.mark.parametrize("stage", sorted(OWN_KEYS))
def test_whoever_calls_a_table_may_use_its_key_and_nobody_else(assembly: Assembly, stage: str) -> None:
    keys = {
        f"<Tables{name}": assembly.text(table["Properties"]["SSESpecification"]["KMSMasterKeyId"])
        for name, table in (
            (name.removeprefix("Tables"), table)
            for name, table in assembly.resources(f"greenroom-{stage}-data", "DynamoDB::Table").items()
        )
        if table["Properties"]["SSESpecification"]["SSEEnabled"]
    }
    callers: dict[str, set[str]] = {key: set() for key in keys.values()}
    users: dict[str, set[str]] = {key: set() for key in keys.values()}

    for statement in assembly.statements(f"greenroom-{stage}-api"):
        for resource in statement.resources:
            if resource in users:
                users[resource].add(statement.place)
            if (table := resource.partition(".")[0]) in keys:
                callers[keys[table]].add(statement.place)

    assert all(callers.values())
    assert users == callers


def test_who_reads_nothing_but_the_stream_may_use_its_tables_key() -> None:
    (prod,) = (stage for stage in all_stages({}) if stage.name == "prod")
    data = DataStack(cdk.App(), "data", stage=prod)
    reading = {Target.BOOKING_STREAM: ("dynamodb:GetRecords",), Target.LIMITS: ("dynamodb:GetItem",)}
    plan = FunctionPlan(name="reader", seconds=1, settings=(), calls=reading)

    (statement,) = key_statements(data, plan, data)

    assert statement.resources == [data.tables.keys["bookings"].key_arn]
    assert set(statement.actions) == _actions(KEY_USE["read"])


@pytest.mark.parametrize("stage", STAGES)
def test_there_is_one_role_a_function_and_nothing_adds_to_it(assembly: Assembly, stage: str) -> None:
    stack = f"greenroom-{stage}-api"
    roles = assembly.resources(stack, "IAM::Role")
    functions = assembly.resources(stack, "Lambda::Function")

    canaries = {"CanariesRole"} if stage in WITH_CANARIES else set()
    assert set(roles) == {f"{name.capitalize()}Role" for name in EXPECTED} | canaries
    for name, function in functions.items():
        role = assembly.text(function["Properties"]["Role"])
        assert role == f"<{name.removesuffix('Function')}Role.Arn>"
    assert assembly.resources(stack, "IAM::Policy") == {}
    assert assembly.resources(stack, "IAM::ManagedPolicy") == {}
    for name, role_found in roles.items():
        (trust,) = role_found["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        service = "codedeploy" if name in canaries else "lambda"
        assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}


def _wildcards(statements: Iterable[Statement]) -> set[tuple[str, str, str]]:
    found = set()
    for statement in statements:
        if any("*" in action for action in statement.actions):
            found.add((statement.place, statement.effect, "action"))
        if any("*" in resource for resource in statement.resources):
            found.add((statement.place, statement.effect, "resource"))
    return found


def test_no_statement_has_a_wildcard_but_where_an_arn_cannot_be_named(assembly: Assembly) -> None:
    statements = [statement for stack in assembly.names() for statement in assembly.statements(stack)]

    assert len(statements) > len(STAGES) * sum(len(calls) for calls in EXPECTED.values())
    assert _wildcards(statements) == ALLOWED_WILDCARDS


def test_what_is_granted_without_an_arn_reads_metrics_or_sends_traces(assembly: Assembly) -> None:
    granted = {
        (statement.place, frozenset(statement.actions))
        for stack in assembly.names()
        for statement in assembly.statements(stack)
        if "*" in statement.resources and statement.place.endswith("Role")
    }

    figures = {("HealthRole", frozenset({"cloudwatch:GetMetricData", "cloudwatch:ListMetrics"}))}
    # Reads whether alarms are raised.
    judged = {("CanariesRole", frozenset({"cloudwatch:DescribeAlarms"}))}
    assert granted == figures | judged | {
        (f"{name.capitalize()}Role", frozenset(TRACES)) for name in EXPECTED
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_monitoring_token_is_read_by_the_health_function_alone(assembly: Assembly, stage: str) -> None:
    readers = {
        statement.place
        for statement in assembly.statements(f"greenroom-{stage}-api")
        if MONITORING_SECRET in statement.resources
    }

    assert readers == {"HealthRole"}


def test_every_service_that_a_role_may_call_is_described_in_the_layer() -> None:
    called = {action.partition(":")[0] for plan in PLANS for calls in plan.calls.values() for action in calls}
    # The queue is written to by the event source mapping, not by the function.
    called.discard("sqs")

    assert {"sesv2" if service == "ses" else service for service in called} <= set(SERVICES)
