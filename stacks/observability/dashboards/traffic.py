"""What users feel, for those who run the system: requests, failures, and how long they take."""

from collections.abc import Sequence

from greenroom.telemetry import catalogue
from stacks.observability.alarms.answers import CHECKS
from stacks.observability.dashboards.widgets import Formula, Graph, Line, Row, Status, searched
from stacks.observability.watched import Watched

MONTH = 30 * 86400

JOURNEY = (
    ("auth", "/v1/auth/login"),
    ("catalog", "/v1/celebrities"),
    ("catalog", "/v1/celebrities/{celebrity_id}/availability"),
    ("bookings", "/v1/bookings"),
    ("payments", "/v1/bookings/{booking_id}/payments"),
    ("payments", "/v1/webhooks/stripe"),
)
"""The routes of the main journey, in its order."""


def rows(watched: Watched, statuses: Sequence[str]) -> Sequence[Row]:
    """Return the first rows of the dashboard; ``statuses`` are the ARNs of its alarms, the gravest first."""
    return (
        Row(
            "## Is anybody hurt?",
            (
                Status(title="Alarms", arns=statuses, width=16, height=8),
                _error_budget(watched),
            ),
        ),
        Row(
            "## Requests and failures",
            (
                _by_function(watched, catalogue.LATENCY, "SampleCount", "Requests"),
                _error_rate(watched),
                _health(watched),
                _by_function(watched, catalogue.SERVER_ERRORS, "Sum", "5xx by function"),
                _by_function(watched, catalogue.CLIENT_ERRORS, "Sum", "4xx by function"),
                _gateway(watched),
            ),
        ),
        Row(
            "## How long answers take",
            (_latency(watched), _latency_by_function(watched), _journey(watched), _slowest(watched)),
        ),
    )


def _error_budget(watched: Watched) -> Graph:
    lines: list[Line | Formula] = [
        Line(watched.of_gateway("5XXError", "Sum"), "5xx", identity="errors", shown=False),
        Line(watched.of_gateway("Count", "Sum"), "requests", identity="requests", shown=False),
        Formula("100 * (1 - errors / (0.001 * requests))", "left of the error budget, %"),
        Formula("100 * (1 - errors / requests)", "answered without a failure of ours, %"),
    ]
    return Graph(
        title="Error budget: 99.9 % in 30 days",
        lines=lines,
        unit="%",
        height=8,
        period=MONTH,
        view="singleValue",
    )


def _by_function(watched: Watched, metric: catalogue.Metric, statistic: str, title: str) -> Graph:
    return Graph(
        title=title,
        lines=[
            Line(watched.ours(metric, statistic, service=function), function)
            for function in watched.answering
        ],
        unit="a minute",
        period=60,
        stacked=True,
    )


def _error_rate(watched: Watched) -> Graph:
    lines: list[Line | Formula] = [
        Line(watched.ours(catalogue.SERVER_ERRORS, "Sum"), "own", identity="own", shown=False),
        Line(watched.of_gateway("5XXError", "Sum"), "gateway", identity="gateway", shown=False),
        Line(watched.of_gateway("Count", "Sum"), "requests", identity="requests", shown=False),
        Formula("100 * FILL(own, 0) / requests", "5xx of the functions"),
        Formula("100 * FILL(gateway, 0) / requests", "5xx of the gateway, timeouts included"),
    ]
    return Graph(title="Error rate", lines=lines, unit="%", period=60, thresholds=("error-rate",))


def _health(watched: Watched) -> Graph:
    return Graph(
        title="Health checks",
        lines=[
            Line(watched.ours(catalogue.HEALTH_CHECK_FAILURES, "Sum", check=check), check) for check in CHECKS
        ],
        unit="failures a minute",
        period=60,
        thresholds=("health-checks",),
    )


def _gateway(watched: Watched) -> Graph:
    return Graph(
        title="Gateway",
        lines=[
            Line(watched.of_gateway("Count", "Sum"), "requests"),
            Line(watched.of_gateway("4XXError", "Sum"), "4xx"),
            Line(watched.of_gateway("5XXError", "Sum"), "5xx"),
            Line(watched.of_gateway("Latency", "p95"), "latency, p95", right=True),
            Line(watched.of_gateway("IntegrationLatency", "p95"), "of it the function, p95", right=True),
        ],
        unit="a minute",
        right_unit="ms",
        period=60,
    )


def _latency(watched: Watched) -> Graph:
    return Graph(
        title="Latency of the API",
        lines=[
            Line(watched.ours(catalogue.LATENCY, statistic), statistic) for statistic in ("p50", "p95", "p99")
        ],
        unit="ms",
        width=12,
        period=60,
        thresholds=("latency",),
    )


def _latency_by_function(watched: Watched) -> Graph:
    return Graph(
        title="Latency by function",
        lines=[
            Line(watched.ours(catalogue.LATENCY, statistic, service=function), f"{function}, {statistic}")
            for function in watched.answering
            for statistic in ("p50", "p95", "p99")
        ],
        unit="ms",
        width=12,
        thresholds=tuple(f"latency-{function}" for function in watched.answering),
    )


def _journey(watched: Watched) -> Graph:
    return Graph(
        title="Latency of the main journey by route, p95",
        lines=[
            Line(watched.ours(catalogue.LATENCY, "p95", service=function, route=route), route)
            for function, route in JOURNEY
        ],
        unit="ms",
        width=12,
    )


def _slowest(watched: Watched) -> Graph:
    search = searched(watched.stage.name, catalogue.LATENCY, "p95", 300, catalogue.SERVICE, catalogue.ROUTE)
    return Graph(
        title="The ten slowest routes, p95",
        lines=[Formula(f"SLICE(SORT({search}, MAX, DESC), 0, 10)")],
        unit="ms",
        width=12,
    )
