"""Exclusivity: which other engagements of a celebrity come too near in time, by either side's terms.

A warning, not a refusal: whether two venues are within a radius is for people to judge.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenroom.calendar.intervals import Interval

from .model import Booking, State
from .terms import Exclusivity

LONGEST_DAYS = 180
"""The longest exclusivity, before and after an engagement each: so far others are looked for."""

_AGREED = frozenset({State.AWAITING_PAYMENT, State.CONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An agreed engagement within the days of an exclusivity: that of the asker's terms, or its own."""

    booking_id: str
    start: datetime
    exclusivity: Exclusivity
    own: bool


def conflicts(
    booking_id: str, interval: Interval, wanted: Exclusivity | None, others: Iterable[Booking]
) -> Iterator[Conflict]:
    """Yield the conflicts of an engagement with others of the same celebrity, as they stand now."""
    for other in others:
        if other.id == booking_id or other.state not in _AGREED or other.terms is None:
            continue
        for exclusivity, own in ((wanted, True), (other.terms.exclusivity, False)):
            if exclusivity is not None and _near(interval, other.interval, exclusivity.days):
                yield Conflict(
                    booking_id=other.id, start=other.interval.start, exclusivity=exclusivity, own=own
                )


def _near(one: Interval, other: Interval, days: int) -> bool:
    span = timedelta(days=days)
    return one.widen(span, span).overlaps(other)
