"""What the system has and uses: functions, tables, keys, the cache."""

from collections.abc import Sequence

from greenroom.telemetry import catalogue
from stacks.observability.alarms.capacity import FULL
from stacks.observability.dashboards.widgets import Formula, Graph, Line, Row
from stacks.observability.sources import max_memory
from stacks.observability.watched import Watched, operations


def rows(watched: Watched) -> Sequence[Row]:
    """Return the rows on what is used up."""
    return (
        Row(
            "## Functions",
            (
                _of_lambda(watched, "Throttles", "Sum", "Throttles", "a minute"),
                _of_lambda(watched, "ConcurrentExecutions", "Maximum", "Concurrent executions", "at most"),
                _of_lambda(watched, "Duration", "p95", "Duration, p95", "ms"),
                _cold_starts(watched),
                _shares(
                    watched,
                    catalogue.CPU_SHARE,
                    "CPU share",
                    tuple(f"cpu-{plan.name}" for plan in watched.functions),
                ),
                _shares(watched, catalogue.MEMORY_SHARE, "Memory share", ()),
                _memory(watched),
                _of_lambda(watched, "Errors", "Sum", "Invocations that failed", "a minute"),
                _faults(watched),
            ),
        ),
        Row(
            "## Tables",
            (
                _table_latency(watched),
                _own_table_calls(watched),
                _table_throttles(watched),
                _consumed(watched, "Read"),
                _consumed(watched, "Write"),
                _cache(watched),
            ),
        ),
    )


def _of_lambda(watched: Watched, name: str, statistic: str, title: str, unit: str) -> Graph:
    return Graph(
        title=title,
        lines=[
            Line(watched.of_function(plan.name, name, statistic), plan.name) for plan in watched.functions
        ],
        unit=unit,
        period=60,
    )


def _cold_starts(watched: Watched) -> Graph:
    return Graph(
        title="Cold starts",
        lines=[
            Line(watched.ours(catalogue.COLD_STARTS, "Sum", service=plan.name), plan.name)
            for plan in watched.functions
        ],
        unit="in 5 minutes",
        stacked=True,
    )


def _shares(watched: Watched, metric: catalogue.Metric, title: str, alarms: tuple[str, ...]) -> Graph:
    statistic = "Average" if metric is catalogue.CPU_SHARE else "Maximum"
    return Graph(
        title=title,
        lines=[
            Line(watched.ours(metric, statistic, service=plan.name), plan.name) for plan in watched.functions
        ],
        unit="% of the setting",
        thresholds=alarms,
    )


def _memory(watched: Watched) -> Graph:
    """Return the widget of what the platform measured, each function as a share of its own setting."""
    lines: list[Line | Formula] = []
    for plan in watched.functions:
        lines.append(
            Line(max_memory(watched.stage.name, plan.name), plan.name, identity=plan.name, shown=False)
        )
        lines.append(Formula(f"100 * {plan.name} / {watched.stage.memory[plan.name]}", plan.name))
    return Graph(
        title="Maximum memory",
        lines=lines,
        unit="% of the setting",
        marks={f"alarm memory-*: {100 * FULL:g} %": 100 * FULL},
    )


def _faults(watched: Watched) -> Graph:
    return Graph(
        title="Unexpected errors",
        lines=[
            Line(watched.ours(catalogue.FAULTS, "Sum", service=plan.name), plan.name)
            for plan in watched.functions
        ],
        unit="in 5 minutes",
        stacked=True,
    )


def _table_latency(watched: Watched) -> Graph:
    return Graph(
        title="Table latency, as DynamoDB measures it",
        lines=[
            Line(
                watched.of_table(table, "SuccessfulRequestLatency", "Average", operation),
                f"{table}: {operation}",
            )
            for table in watched.tables
            for operation in operations(table)
            if operation in {"GetItem", "Query", "TransactWriteItems"}
        ],
        unit="ms",
    )


def _own_table_calls(watched: Watched) -> Graph:
    return Graph(
        title="Table calls, as functions see them",
        lines=[
            Line(watched.ours(catalogue.DATABASE_LATENCY, "p50"), "p50"),
            Line(watched.ours(catalogue.DATABASE_LATENCY, "p95"), "p95"),
            Line(watched.ours(catalogue.DATABASE_ERRORS, "Sum"), "failed", right=True),
            Line(watched.ours(catalogue.DATABASE_THROTTLES, "Sum"), "refused for their rate", right=True),
        ],
        unit="ms",
        right_unit="in 5 minutes",
    )


def _table_throttles(watched: Watched) -> Graph:
    return Graph(
        title="Table throttles",
        lines=[
            Line(watched.of_table(table, "ThrottledRequests", "Sum", operation), f"{table}: {operation}")
            for table in watched.tables
            for operation in operations(table)
        ],
        unit="a minute",
        period=60,
        thresholds=tuple(f"table-throttles-{table}" for table in watched.tables),
    )


def _consumed(watched: Watched, kind: str) -> Graph:
    return Graph(
        title=f"{kind} units consumed",
        lines=[
            Line(watched.of_table(table, f"Consumed{kind}CapacityUnits", "Sum"), table)
            for table in watched.tables
        ],
        unit="in 5 minutes",
        stacked=True,
    )


def _cache(watched: Watched) -> Graph:
    lines: list[Line | Formula] = [
        Line(watched.ours(catalogue.CACHE_HITS, "Sum"), "hits", identity="hits", shown=False),
        Line(watched.ours(catalogue.CACHE_MISSES, "Sum"), "misses", identity="misses", shown=False),
        Line(watched.ours(catalogue.CACHE_ERRORS, "Sum"), "errors of a cache server", right=True),
        Formula("100 * FILL(hits, 0) / (FILL(hits, 0) + FILL(misses, 0))", "hits, % of reads"),
    ]
    return Graph(title="Cache hit ratio", lines=lines, unit="%", right_unit="in 5 minutes")
