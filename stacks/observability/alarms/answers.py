"""What users feel: slow answers, failed answers, and how much of the error budget they take."""

from collections.abc import Iterator

from greenroom.telemetry import catalogue
from stacks.observability.alarms.alarm import Alarm, Composite, Severity, summed
from stacks.observability.watched import Watched

SLOW_MILLISECONDS = 1000
BAD_PERCENT = 5

CHECKS = ("table_identity", "table_catalog", "table_bookings", "table_limits")
"""The health checks that say whether requests can be served."""


def latency(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on slow answers: of the API, and of each function behind it."""
    yield Alarm(
        name="latency",
        severity=Severity.TICKET,
        means="One answer in twenty takes a second or more, over the whole API.",
        look="dashboard operations, 'Latency by function': which one is it?",
        runbook="latency.md#answers-take-too-long",
        terms={"p95": watched.ours(catalogue.LATENCY, "p95")},
        threshold=SLOW_MILLISECONDS,
        unit="ms",
        period=60,
        points=(3, 5),
    )
    for function in watched.answering:
        yield Alarm(
            name=f"latency-{function}",
            severity=Severity.TICKET,
            means=f"One answer in twenty of the function {function} takes a second or more.",
            look="saved query 'slow requests': which route, and how much of it is table_ms?",
            runbook="latency.md#one-function-is-slow",
            terms={"p95": watched.ours(catalogue.LATENCY, "p95", service=function)},
            threshold=SLOW_MILLISECONDS,
            unit="ms",
            period=300,
            points=(2, 3),
        )


def errors(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on failures. Lambda's own count does not see the errors that a function answers."""
    yield Alarm(
        name="error-rate",
        severity=Severity.TICKET,
        means="More than 5 % of the answers are 5xx, by our count or the gateway's, which also has timeouts.",
        look="saved query 'error': which route and which error?",
        runbook="errors.md#answers-fail",
        terms={
            "own": watched.ours(catalogue.SERVER_ERRORS, "Sum"),
            "gateway": watched.of_gateway("5XXError", "Sum"),
            "requests": watched.of_gateway("Count", "Sum"),
        },
        # Below ten requests a minute one failure would be above any share; the error budget sees those.
        expression="IF(requests >= 10, 100 * MAX([FILL(own, 0), FILL(gateway, 0)]) / requests, 0)",
        comparison="GreaterThanThreshold",
        threshold=BAD_PERCENT,
        unit="%",
        period=60,
        points=(3, 5),
    )
    yield Alarm(
        name="faults",
        severity=Severity.TICKET,
        means="Something failed that the code did not expect. Each one is a bug or something that broke.",
        look="saved query 'error': the stack names the line.",
        runbook="errors.md#an-unexpected-error",
        terms={"faults": watched.ours(catalogue.FAULTS, "Sum")},
        threshold=1,
        period=300,
        points=(1, 1),
    )
    checks = {check: watched.ours(catalogue.HEALTH_CHECK_FAILURES, "Sum", check=check) for check in CHECKS}
    yield Alarm(
        name="health-checks",
        severity=Severity.TICKET,
        means="Readiness fails again and again: a table cannot be read.",
        look="dashboard operations, 'Health checks': which one?",
        runbook="errors.md#a-health-check-fails",
        terms=checks,
        expression=summed(checks),
        threshold=1,
        period=60,
        points=(3, 5),
    )


def budget(watched: Watched) -> Iterator[Alarm | Composite]:
    """Yield the alarms on the error budget of 99.9 %: each is raised by a long window and by a short one.

    The long one says that it matters, the short one that it still goes on.
    """
    spans = (
        ("fast", 14.4, ((60, "long", 5), (5, "short", 1))),
        ("slow", 6.0, ((360, "long", 10), (30, "short", 1))),
    )
    for speed, burn, windows in spans:
        runbook = f"error-budget.md#the-budget-burns-{'fast' if speed == 'fast' else 'slowly'}"
        for minutes, window, fewest in windows:
            yield Alarm(
                name=f"budget-{speed}-{window}",
                severity=Severity.PART,
                means=f"In {minutes} minutes the error budget of 30 days burnt {burn} times too fast.",
                look="dashboard operations, 'Error budget: 99.9 % in 30 days'.",
                runbook=runbook,
                terms={
                    "errors": watched.of_gateway("5XXError", "Sum"),
                    "requests": watched.of_gateway("Count", "Sum"),
                },
                # A share of next to nothing says nothing.
                expression=f"IF(errors >= {fewest}, 100 * errors / requests, 0)",
                comparison="GreaterThanThreshold",
                threshold=round(burn * 0.1, 2),
                unit="%",
                period=minutes * 60,
                points=(1, 1),
            )
        share = "2 % of it in an hour" if speed == "fast" else "5 % of it in six hours"
        yield Composite(
            name=f"budget-{speed}",
            severity=Severity.PAGE,
            means=f"The error budget of 30 days (0.1 % of all answers) goes {burn} times too fast: {share}.",
            look="dashboard operations, '5xx by function': which one, and since when?",
            runbook=runbook,
            parts=(f"budget-{speed}-long", f"budget-{speed}-short"),
            joined="AND",
        )


def hurt() -> Composite:
    """Return the alarm for which somebody gets up, once, whatever the reason is."""
    return Composite(
        name="users-are-hurt",
        severity=Severity.PAGE,
        means="Answers fail, or are late, or calls are turned away: users notice now.",
        look="dashboard operations, first row: which part of it is red?",
        runbook="users-are-hurt.md#users-are-hurt",
        parts=("latency", "error-rate", "throttles", "health-checks"),
        joined="OR",
    )
