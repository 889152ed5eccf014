"""What the functions, tables and keys have left."""

from collections.abc import Iterator

from greenroom.telemetry import catalogue
from stacks.observability.alarms.alarm import Alarm, Severity, summed
from stacks.observability.sources import max_memory
from stacks.observability.watched import Watched, operations

FULL = 0.9
BUSY_PERCENT = 80

_BUSY = "Its processor is 80 % busy or more. Its share grows with its memory setting, so a larger one helps."
_BUSY_AUTH = (
    "Its processor has been 80 % busy or more for an hour. To hash a password takes all of a processor by "
    "design, so minutes of this are only logins, and the quarter of an hour of other functions is too short "
    "here; an hour is a flood of logins, or a memory setting that no longer suits."
)


def functions(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on what Lambda gives: concurrency, memory, processor time."""
    throttled = {plan.name: watched.of_function(plan.name, "Throttles", "Sum") for plan in watched.functions}
    yield Alarm(
        name="throttles",
        severity=Severity.TICKET,
        means="Lambda turns calls away: the account or a function has no concurrency left.",
        look="dashboard operations, 'Throttles' and 'Concurrent executions'.",
        runbook="capacity.md#calls-are-turned-away",
        terms=throttled,
        expression=summed(throttled),
        threshold=5,
        period=60,
        points=(3, 5),
    )
    for plan in watched.functions:
        setting = watched.stage.memory[plan.name]
        yield Alarm(
            name=f"memory-{plan.name}",
            severity=Severity.TICKET,
            means=f"{plan.name}: an invocation used 90 % or more of its {setting} MB. At 100 % it is killed.",
            look="dashboard operations, 'Maximum memory': a step (a release) or a slope (a leak)?",
            runbook="capacity.md#memory-is-nearly-used-up",
            terms={"used": max_memory(watched.stage.name, plan.name)},
            threshold=round(FULL * setting, 1),
            unit="MB",
            period=300,
            points=(2, 3),
        )
        hashes = plan.name == "auth"
        yield Alarm(
            name=f"cpu-{plan.name}",
            severity=Severity.TICKET,
            means=f"{plan.name}: {_BUSY_AUTH if hashes else _BUSY}",
            look="dashboard operations, 'CPU share' beside 'Requests': did the traffic grow too?",
            runbook="capacity.md#the-processor-is-busy",
            terms={"share": watched.ours(catalogue.CPU_SHARE, "Average", service=plan.name)},
            comparison="GreaterThanThreshold",
            threshold=BUSY_PERCENT,
            unit="%",
            period=300,
            points=(12, 12) if hashes else (3, 3),
        )


def tables(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on what DynamoDB refuses, by table; an operation's share is on the dashboard."""
    for table in watched.tables:
        called = operations(table)
        throttled = {_id(name): watched.of_table(table, "ThrottledRequests", "Sum", name) for name in called}
        yield Alarm(
            name=f"table-throttles-{table}",
            severity=Severity.TICKET,
            means=f"The table {table} refuses calls for their rate: a key is hot, or traffic doubled.",
            look="dashboard operations, 'Table throttles': which operation?",
            runbook="tables.md#a-table-refuses-calls",
            terms=throttled,
            expression=summed(throttled) if len(throttled) > 1 else None,
            threshold=5,
            period=60,
            points=(3, 5),
        )
        failed = {_id(name): watched.of_table(table, "SystemErrors", "Sum", name) for name in called}
        yield Alarm(
            name=f"table-errors-{table}",
            severity=Severity.TICKET,
            means=f"DynamoDB fails calls of the table {table}; repeating them is not enough any more.",
            look="saved query 'database', then the AWS Health Dashboard.",
            runbook="tables.md#a-table-fails",
            terms=failed,
            expression=summed(failed) if len(failed) > 1 else None,
            threshold=5,
            period=60,
            points=(3, 5),
        )


def keys(watched: Watched) -> Alarm:
    """Return the alarm on the key that signs. KMS counts no refusals itself, so we count them."""
    return Alarm(
        name="key-errors",
        severity=Severity.PAGE,
        means="KMS throttles, fails or refuses the key of access tokens: nobody can log in or stay so.",
        look="saved query 'error', function auth: throttled, disabled, or access denied?",
        runbook="keys.md#the-key-service-fails",
        terms={"errors": watched.ours(catalogue.KEY_ERRORS, "Sum")},
        threshold=3,
        period=60,
        points=(3, 5),
    )


def _id(operation: str) -> str:
    # CloudWatch's ids begin with a small letter.
    return operation[0].lower() + operation[1:]
