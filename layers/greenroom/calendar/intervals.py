"""Half-open intervals of UTC instants, and instants as text."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The instants from ``start`` up to, but not including, ``end``.

    Both carry ``datetime.UTC`` itself: under any other zone, arithmetic would be on wall times.

    Raises
    ------
    ValueError
        When an instant is naive or not in ``datetime.UTC``, or the interval is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("an interval is made of instants in datetime.UTC")
        if self.start >= self.end:
            raise ValueError(f"an interval starts before it ends, not {self.start} to {self.end}")

    def overlaps(self, other: "Interval") -> bool:
        """Tell whether some instant lies in both; intervals that only touch do not overlap."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        """Tell whether every instant of ``other`` lies in this interval."""
        return self.start <= other.start and other.end <= self.end

    def widen(self, before: timedelta, after: timedelta) -> "Interval":
        """Return the interval with a buffer on either side; neither may be negative."""
        if before < timedelta() or after < timedelta():
            raise ValueError("a buffer is not negative")
        return Interval(self.start - before, self.end + after)

    def utc_days(self) -> list[date]:
        """Return the UTC dates that the interval touches, in order; an end at midnight touches no new day."""
        first = self.start.date()
        last = (self.end - timedelta.resolution).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def by_days(self, most: int) -> list["Interval"]:
        """Cut a long interval into adjoining pieces of at most so many UTC dates, none of which two share."""
        cuts, cut = [self.start], datetime.combine(self.start.date(), time(), UTC)
        while (cut := cut + timedelta(days=most)) < self.end:
            cuts.append(cut)
        return [Interval(start, end) for start, end in pairwise([*cuts, self.end])]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the union in order, with overlapping and touching intervals made one."""
    union: list[Interval] = []
    for interval in sorted(intervals):
        if union and interval.start <= union[-1].end:
            if interval.end > union[-1].end:
                union[-1] = Interval(union[-1].start, interval.end)
        else:
            union.append(interval)
    return union


def format_instant(instant: datetime) -> str:
    """Return RFC 3339 in UTC to the whole second, ``2026-12-01T10:00:00Z``; a fraction is cut off.

    Raises
    ------
    ValueError
        When ``instant`` is naive.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """Return the instant that ``format_instant`` wrote; what it never writes is a ValueError."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or format_instant(instant) != text:
        raise ValueError(f"not a UTC instant in whole seconds: {text!r}")
    return instant
