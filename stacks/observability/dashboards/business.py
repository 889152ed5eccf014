"""The business: what happens to bookings, what it brings in, how long people wait."""

from collections.abc import Sequence

from greenroom.telemetry import catalogue
from stacks.observability.dashboards.widgets import Formula, Graph, Line, Row, searched
from stacks.observability.watched import Watched

HOUR, DAY = 3600, 86400

TRANSITIONS = (
    *("requested", "booked", "offered", "countered", "accepted", "confirmed"),
    *("declined", "withdrawn", "expired", "cancelled", "rescheduled", "completed"),
)
"""What happens to bookings, in its usual order; what happens to payments has a widget of its own."""

OUTCOMES = ("started", "captured", "failed", "returned")


def rows(watched: Watched) -> Sequence[Row]:
    """Return the rows of the dashboard."""
    return (
        Row("## Bookings", (_conversion_today(watched), _conversion(watched), _transitions(watched))),
        Row(
            "## Money, in minor units of each currency (cents, yen)",
            (
                _by_currency(watched, catalogue.REVENUE, "Revenue by currency"),
                _by_currency(watched, catalogue.REFUNDS, "Refunds by currency"),
                _payments(watched),
            ),
        ),
        Row(
            "## Waiting: for an agent, for a mail, for a deadline",
            (_answers(watched), _mails(watched), _ages(watched)),
        ),
    )


def _converted(watched: Watched) -> list[Line | Formula]:
    """Return what a conversion is made of: requests, instant bookings, and what was confirmed of both."""
    names = {"asked": "requested", "instant": "booked", "confirmed": "confirmed"}
    parts = [
        Line(
            watched.ours(catalogue.BOOKING_TRANSITIONS, "Sum", transition=transition),
            transition,
            identity=identity,
            shown=False,
        )
        for identity, transition in names.items()
    ]
    share = "100 * FILL(confirmed, 0) / (FILL(asked, 0) + FILL(instant, 0))"
    return [*parts, Formula(share, "confirmed, % of requested")]


def _conversion_today(watched: Watched) -> Graph:
    return Graph(
        title="Conversion of the last day",
        lines=_converted(watched),
        unit="%",
        width=4,
        period=DAY,
        view="singleValue",
    )


def _conversion(watched: Watched) -> Graph:
    return Graph(title="Conversion: requested to confirmed", lines=_converted(watched), unit="%", period=HOUR)


def _transitions(watched: Watched) -> Graph:
    return Graph(
        title="Bookings by transition",
        lines=[
            Line(watched.ours(catalogue.BOOKING_TRANSITIONS, "Sum", transition=transition), transition)
            for transition in TRANSITIONS
        ],
        unit="an hour",
        width=12,
        period=HOUR,
        stacked=True,
    )


def _by_currency(watched: Watched, metric: catalogue.Metric, title: str) -> Graph:
    search = searched(watched.stage.name, metric, "Sum", HOUR, catalogue.CURRENCY)
    return Graph(title=title, lines=[Formula(search)], unit="minor units an hour", period=HOUR)


def _payments(watched: Watched) -> Graph:
    return Graph(
        title="Payments by outcome",
        lines=[
            Line(watched.ours(catalogue.PAYMENTS, "Sum", outcome=outcome), outcome) for outcome in OUTCOMES
        ],
        unit="an hour",
        period=HOUR,
    )


def _answers(watched: Watched) -> Graph:
    return Graph(
        title="Time to an agent's first answer",
        lines=[
            Line(watched.ours(catalogue.TIME_TO_ANSWER, statistic), statistic) for statistic in ("p50", "p90")
        ],
        unit="seconds",
        period=HOUR,
    )


def _mails(watched: Watched) -> Graph:
    return Graph(
        title="Mails",
        lines=[
            Line(watched.ours(catalogue.MAILS_SENT, "Sum"), "sent"),
            Line(watched.ours(catalogue.MAIL_FAILURES, "Sum"), "not taken"),
        ],
        unit="in 5 minutes",
        thresholds=("mail-failures",),
    )


def _ages(watched: Watched) -> Graph:
    return Graph(
        title="Age of mails and deadlines",
        lines=[
            Line(watched.ours(catalogue.OUTBOX_AGE, "p50"), "event to mail, p50"),
            Line(watched.ours(catalogue.OUTBOX_AGE, "p95"), "event to mail, p95"),
            Line(watched.ours(catalogue.SWEEP_LAG, "Maximum"), "deadline to its record, most"),
        ],
        unit="seconds",
        thresholds=("outbox-age", "sweep-lag"),
    )
