"""Opening hours found by looking at every minute: slow, obvious, and independent of the code under test."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from greenroom.calendar.intervals import Interval
from greenroom.calendar.schedules import Schedule
from tests.unit.calendar.samples import DAY, MINUTE

TURNS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Asia/Beirut", date(2026, 10, 25)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Pacific/Chatham", date(2028, 2, 29)),
    ("Asia/Kathmandu", date(2027, 1, 1)),
    ("UTC", date(2026, 12, 31)),
]
"""Zones with a date at which something happens to their clocks, or to the calendar."""


@cache
def wall_clock(zone: str, around: date) -> list[tuple[datetime, datetime]]:
    """Return each UTC minute of some days around a date with the naive wall time that it bears."""
    start = datetime.combine(around, time(), UTC) - 4 * DAY
    minutes = [start + n * MINUTE for n in range(8 * 24 * 60)]
    return [(minute, minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for minute in minutes]


def naive_windows(schedule: Schedule, zone: str, around: date) -> Iterator[Interval]:
    """Yield the windows of the dates within two days of ``around``."""
    clock = wall_clock(zone, around)
    for n in range(-2, 3):
        day = around + n * DAY
        windows = [w.window for w in schedule.weekly if w.weekday == day.weekday()]
        for override in schedule.overrides:
            if override.date == day:
                windows = list(override.windows)
        for window in windows:
            opening, closing = (
                datetime.combine(day, time()) + timedelta(minutes=edge) for edge in (window.start, window.end)
            )
            start = min(_bearing(clock, opening) or _after(clock, opening))
            end = max(_bearing(clock, closing) or _after(clock, closing)[:1])
            if start < end:
                yield Interval(start, end)


def naive_open_minutes(schedule: Schedule, zone: str, around: date) -> set[datetime]:
    """Return every open UTC minute of the dates within two days of ``around``."""
    return {
        window.start + n * MINUTE
        for window in naive_windows(schedule, zone, around)
        for n in range((window.end - window.start) // MINUTE)
    }


def _bearing(clock: list[tuple[datetime, datetime]], wall: datetime) -> list[datetime]:
    return [minute for minute, local in clock if local == wall]


def _after(clock: list[tuple[datetime, datetime]], wall: datetime) -> list[datetime]:
    return [minute for minute, local in clock if local > wall]
