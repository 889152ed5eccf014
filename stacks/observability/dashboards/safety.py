"""Attacks and defences, and what goes on behind the answers."""

from collections.abc import Sequence

from greenroom.telemetry import catalogue
from stacks.observability.dashboards.widgets import Formula, Graph, Line, Row, searched
from stacks.observability.watched import Watched
from stacks.waf import managed, rates

LIMITS = ("general", "authentication", "password_reset", "uploads", "guesses")
"""The quotas that can refuse a request."""

RULES = (
    "floods",
    *(name for name in rates.RATES if name != "uploads"),
    *(group.name for group in managed.GROUPS),
)
"""The rules of the firewall that every stage has."""


def rows(watched: Watched) -> Sequence[Row]:
    """Return the last rows of the dashboard."""
    return (
        Row(
            "## Attacks and defences",
            (
                _severities(watched),
                _security_events(watched),
                _auth_events(watched),
                _limiter(watched),
                _firewall(watched),
                _rules(watched),
            ),
        ),
        Row(
            "## Behind the answers",
            (_stream(watched), _undelivered(watched), _provider(watched), _keys(watched)),
        ),
    )


def _severities(watched: Watched) -> Graph:
    return Graph(
        title="Security events by severity",
        lines=[
            Line(watched.ours(catalogue.SECURITY_EVENTS, "Sum", severity=severity), severity)
            for severity in ("CRITICAL", "WARN", "INFO")
        ],
        unit="in 5 minutes",
        thresholds=("security-critical", "security-warnings"),
    )


def _security_events(watched: Watched) -> Graph:
    search = searched(watched.stage.name, catalogue.SECURITY_EVENTS, "Sum", 300, catalogue.EVENT)
    return Graph(
        title="Security events by name",
        lines=[Formula(search)],
        unit="in 5 minutes",
        thresholds=("login-failures", "access-denied", "token-reuse"),
    )


def _auth_events(watched: Watched) -> Graph:
    search = searched(watched.stage.name, catalogue.AUTH_EVENTS, "Sum", 300, catalogue.EVENT)
    return Graph(title="What accounts do", lines=[Formula(search)], unit="in 5 minutes")


def _limiter(watched: Watched) -> Graph:
    return Graph(
        title="Limiter",
        lines=[
            *(Line(watched.ours(catalogue.LIMIT_DENIALS, "Sum", limit=limit), limit) for limit in LIMITS),
            Line(watched.ours(catalogue.LIMIT_STORE_FAILURES, "Sum"), "could not be counted"),
        ],
        unit="in 5 minutes",
        thresholds=("limit-store",),
    )


def _firewall(watched: Watched) -> Graph:
    names = {"AllowedRequests": "allowed", "BlockedRequests": "blocked", "CountedRequests": "counted"}
    return Graph(
        title="Firewall",
        lines=[Line(watched.of_firewall(name), label) for name, label in names.items()],
        unit="in 5 minutes",
        thresholds=("firewall-blocks",),
    )


def _rules(watched: Watched) -> Graph:
    return Graph(
        title="Firewall: blocked by rule",
        lines=[Line(watched.of_firewall("BlockedRequests", rule), rule) for rule in RULES],
        unit="in 5 minutes",
        stacked=True,
    )


def _stream(watched: Watched) -> Graph:
    return Graph(
        title="Age of events in the stream",
        lines=[Line(watched.of_function("outbox", "IteratorAge", "Maximum"), "the oldest")],
        unit="ms",
        width=6,
        period=60,
        thresholds=("stream-age",),
    )


def _undelivered(watched: Watched) -> Graph:
    return Graph(
        title="Events that were given up",
        lines=[Line(watched.of_queue(), "waiting")],
        unit="events",
        width=6,
        thresholds=("dead-letter",),
    )


def _provider(watched: Watched) -> Graph:
    return Graph(
        title="Payment provider",
        lines=[
            Line(watched.ours(catalogue.PROVIDER_LATENCY, "p50"), "latency, p50"),
            Line(watched.ours(catalogue.PROVIDER_LATENCY, "p95"), "latency, p95"),
            Line(watched.ours(catalogue.PROVIDER_ERRORS, "Sum"), "failed", right=True),
        ],
        unit="ms",
        right_unit="in 5 minutes",
        width=6,
        thresholds=("provider-latency",),
    )


def _keys(watched: Watched) -> Graph:
    return Graph(
        title="Keys",
        lines=[
            Line(watched.ours(catalogue.KEY_LATENCY, "SampleCount"), "calls"),
            Line(watched.ours(catalogue.KEY_ERRORS, "Sum"), "failed or refused"),
            Line(watched.ours(catalogue.KEY_LATENCY, "p95"), "latency, p95", right=True),
        ],
        unit="in 5 minutes",
        right_unit="ms",
        width=6,
    )
