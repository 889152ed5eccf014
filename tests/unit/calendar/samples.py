"""Builders and strategies of calendar values, for the tests beside this file."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from greenroom.calendar.days import Claim, DayDocument
from greenroom.calendar.intervals import Interval
from greenroom.calendar.schedules import DateOverride, Schedule, WeeklyWindow, Window

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no reason for a property to fail."""

CELEBRITY = "cel_01JD0000000000000000000000"


def at(text: str) -> datetime:
    """Read ``2026-12-01 10:00`` as a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(start: str, end: str) -> Interval:
    """Return the interval between two UTC instants."""
    return Interval(at(start), at(end))


def hold(booking_id: str, interval: Interval, expires_at: datetime) -> Claim:
    """Return a claim that expires."""
    return Claim(booking_id, interval, "hold", expires_at)


def booked(booking_id: str, interval: Interval) -> Claim:
    """Return a permanent claim."""
    return Claim(booking_id, interval, "booking")


def absent(*days: date) -> list[DayDocument]:
    """Return the documents of days on which nothing was ever written."""
    return [DayDocument(CELEBRITY, day) for day in days]


def every_day(start: int, end: int) -> Schedule:
    """Return a schedule that is open each day between two minutes of the day."""
    return Schedule(tuple(WeeklyWindow(weekday, Window(start, end)) for weekday in range(7)))


@st.composite
def days_of_windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """Draw up to three windows of one day that may touch, at quarters of an hour and odd minutes."""
    edge = st.one_of(st.integers(0, 96).map(lambda quarter: quarter * 15), st.integers(0, 1440))
    edges = sorted(draw(st.sets(edge, min_size=0, max_size=4)))
    windows = [Window(start, end) for start, end in pairwise(edges)]
    kept = draw(st.lists(st.booleans(), min_size=len(windows), max_size=len(windows)))
    return tuple(window for window, keep in zip(windows, kept, strict=True) if keep)


@st.composite
def schedules(draw: st.DrawFn, around: date = date(2026, 3, 29)) -> Schedule:
    """Draw a schedule with overrides on dates near ``around``."""
    weekly = [WeeklyWindow(weekday, window) for weekday in range(7) for window in draw(days_of_windows())]
    dates = draw(st.sets(st.integers(-3, 3), max_size=2))
    overrides = [DateOverride(around + n * DAY, draw(days_of_windows())) for n in sorted(dates)]
    return Schedule(tuple(weekly), tuple(overrides))
