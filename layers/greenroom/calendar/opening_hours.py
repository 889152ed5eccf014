"""A schedule's windows as UTC intervals, daylight saving settled."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from greenroom.calendar.intervals import Interval, merged
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.zones import closing_instant, opening_instant

_DAY = timedelta(days=1)


def windows_within(schedule: Schedule, zone: ZoneInfo, within: Interval) -> Iterator[Interval]:
    """Yield each window that overlaps ``within``, whole and unmerged; its start is what slots count from.

    A window's ends that fall into a gap move to the first valid instant; in a fold it opens at the
    earlier and closes at the later reading. One that lies wholly in a gap does not open at all. Windows
    overlap only where a fold makes them.
    """
    # Clocks that are set back across midnight repeat a stretch of the date before or after.
    first = within.start.astimezone(zone).date() - _DAY
    last = within.end.astimezone(zone).date() + _DAY
    days = (first + n * _DAY for n in range((last - first).days + 1))
    for day, window in schedule.windows_on(days):
        midnight = datetime.combine(day, time())
        start = opening_instant(midnight + timedelta(minutes=window.start), zone)
        end = closing_instant(midnight + timedelta(minutes=window.end), zone)
        if start < end and start < within.end and within.start < end:
            yield Interval(start, end)


def open_hours(schedule: Schedule, zone: ZoneInfo, within: Interval) -> list[Interval]:
    """Return the parts of ``within`` at which the schedule is open, in order, adjoining windows joined."""
    return [
        Interval(max(hours.start, within.start), min(hours.end, within.end))
        for hours in merged(windows_within(schedule, zone, within))
    ]
