"""Free starts, and whether one start is offered: two questions to one rule.

An offered start lies a whole number of slots after the opening of one of the schedule's windows, as it
stands in the schedule (before adjoining windows are joined). From there the engagement stays in open
hours, over the seams of adjoining windows too; buffers need not. It is neither nearer than the minimum
notice nor further than the horizon. A free start is an offered one whose claim overlaps no live claim.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from greenroom.calendar.days import Claim
from greenroom.calendar.horizon import (
    BOOKABLE_MONTHS,
    FIRST_YEAR,
    LONGEST_SEARCH_DAYS,
    furthest_start,
)
from greenroom.calendar.intervals import Interval
from greenroom.calendar.opening_hours import open_hours, windows_within
from greenroom.calendar.refusals import OutsideAvailability
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.calendar.zones import closing_instant, opening_instant
from greenroom.refusals import InvalidInput

_MINUTE = timedelta(minutes=1)
_NO_NOTICE = timedelta()

Span = tuple[datetime, datetime]
"""A first and a last start, perhaps the same."""


def free_slots(
    schedule: Schedule,
    zone: ZoneInfo,
    timing: OfferingTiming,
    claims: Iterable[Claim],
    *,
    from_date: date,
    to_date: date,
    query_zone: ZoneInfo,
    now: datetime,
) -> list[datetime]:
    """Return the free starts, in UTC and in order, whose local date lies in the search, ends included.

    ``zone`` is the celebrity's, ``query_zone`` the one that the dates are of. ``claims`` are those of the
    documents of ``days_to_read``; expired ones are ignored.

    Raises
    ------
    InvalidInput
        As ``days_to_read`` does.
    """
    wanted = _wanted_starts(timing.minimum_notice, from_date, to_date, query_zone, now)
    if wanted is None:
        return []
    taken = [claim.interval for claim in claims if claim.is_live(now)]
    return [
        start
        for start in _starts(schedule, zone, timing, wanted, taken)
        # Clocks set back across midnight let a neighbouring date return inside the range of instants.
        if from_date <= start.astimezone(query_zone).date() <= to_date
    ]


def days_to_read(
    timing: OfferingTiming, *, from_date: date, to_date: date, query_zone: ZoneInfo, now: datetime
) -> list[date]:
    """Return the UTC days whose documents a search needs, at most 95; none when all of it is past.

    Raises
    ------
    InvalidInput
        When the dates are not a search: ``to`` before ``from``, more than ``LONGEST_SEARCH_DAYS``,
        beyond the horizon, or before the first year that the calendar knows; names ``from`` or ``to``.
    """
    before, after = timing.buffer_before, timing.duration + timing.buffer_after
    return _days_within(
        before, after, _wanted_starts(timing.minimum_notice, from_date, to_date, query_zone, now)
    )


def days_within_reach(
    before: timedelta, after: timedelta, *, on: date, query_zone: ZoneInfo, now: datetime
) -> list[date]:
    """Return the UTC days that a search of one date needs for any timings that reach no further from a start.

    Raises ``InvalidInput`` as ``days_to_read`` does.
    """
    return _days_within(before, after, _wanted_starts(_NO_NOTICE, on, on, query_zone, now))


def _days_within(before: timedelta, after: timedelta, wanted: Interval | None) -> list[date]:
    return [] if wanted is None else wanted.widen(before, after).utc_days()


def check_bookable(
    start: datetime, schedule: Schedule, zone: ZoneInfo, timing: OfferingTiming, now: datetime
) -> None:
    """Accept exactly the starts that ``free_slots`` would return were nothing claimed.

    Raises
    ------
    OutsideAvailability
        When the start is past, within the notice, beyond the horizon, outside opening hours, or between
        slots; the detail says which, ``field`` is ``start``.
    """
    reason = _refusal_of_moment(start, timing, now)
    if reason is None and not _starts(schedule, zone, timing, _only(start), ()):
        engagement = timing.engagement(start)
        reason = (
            "The start lies between two slots"
            if open_hours(schedule, zone, engagement) == [engagement]
            else "The engagement is not within opening hours"
        )
    if reason:
        raise OutsideAvailability(reason, field="start")


def _refusal_of_moment(start: datetime, timing: OfferingTiming, now: datetime) -> str | None:
    earliest, latest = _bookable(timing.minimum_notice, now)
    if start < now:
        return "The start is past"
    if start < earliest:
        return f"The start is nearer than the notice of {timing.minimum_notice // _MINUTE} minutes"
    if start > latest:
        return f"The start is more than {BOOKABLE_MONTHS} months ahead"
    return None


def _bookable(notice: timedelta, now: datetime) -> Span:
    return now + notice, furthest_start(now)


def _wanted_starts(
    notice: timedelta, from_date: date, to_date: date, query_zone: ZoneInfo, now: datetime
) -> Interval | None:
    """Return the instants of the searched dates at which a start is not refused, None when there are none."""
    earliest, latest = _bookable(notice, now)
    if from_date.year < FIRST_YEAR:
        raise InvalidInput(f"The first date is before {FIRST_YEAR}", field="from")
    last_date = latest.astimezone(query_zone).date()
    for day, name in ((from_date, "from"), (to_date, "to")):
        if day > last_date:
            raise InvalidInput(f"A date is at most {BOOKABLE_MONTHS} months ahead", field=name)
    if to_date < from_date:
        raise InvalidInput("The last date is before the first", field="to")
    if (to_date - from_date).days >= LONGEST_SEARCH_DAYS:
        raise InvalidInput(f"A search spans at most {LONGEST_SEARCH_DAYS} dates", field="to")
    midnight = time()
    start = opening_instant(datetime.combine(from_date, midnight), query_zone)
    end = closing_instant(datetime.combine(to_date + timedelta(days=1), midnight), query_zone)
    start, end = max(start, earliest), min(end, latest + timedelta.resolution)
    return Interval(start, end) if start < end else None


def _only(start: datetime) -> Interval:
    return Interval(start, start + timedelta.resolution)


def _starts(
    schedule: Schedule, zone: ZoneInfo, timing: OfferingTiming, wanted: Interval, taken: Iterable[Interval]
) -> list[datetime]:
    """Return the starts in ``wanted`` on some window's grid, within open hours and clear of ``taken``.

    Costs one sort of ``taken`` and of the windows, then one pass over each, plus the starts found.
    """
    reach = Interval(wanted.start, wanted.end + timing.duration)
    spans = list(_clear_spans(open_hours(schedule, zone, reach), timing, taken))
    lasts = [last for _, last in spans]
    found: set[datetime] = set()
    for window in windows_within(schedule, zone, wanted):
        end = min(window.end, wanted.end)
        for at in range(bisect_left(lasts, window.start), len(spans)):
            first, last = spans[at]
            if first >= end:
                break
            steps = -((window.start - max(first, window.start)) // timing.slot)
            start = window.start + steps * timing.slot
            while start <= last and start < end:
                found.add(start)
                start += timing.slot
    return sorted(found)


def _clear_spans(hours: list[Interval], timing: OfferingTiming, taken: Iterable[Interval]) -> Iterator[Span]:
    """Yield, in order, the spans of starts whose engagement fits the hours and whose claim is not taken."""
    blocked = _blocked_starts(timing, taken)
    passed = 0
    for interval in hours:
        first, last = interval.start, interval.end - timing.duration
        while passed < len(blocked) and blocked[passed][1] <= first:
            passed += 1
        at = passed
        while at < len(blocked) and blocked[at][0] < last:
            if first <= blocked[at][0]:
                yield first, blocked[at][0]
            first = blocked[at][1]
            at += 1
        if first <= last:
            yield first, last


def _blocked_starts(timing: OfferingTiming, taken: Iterable[Interval]) -> list[Span]:
    """Return, in order and disjoint, the spans of starts that would overlap; their own ends would not."""
    blocked: list[Span] = []
    for interval in sorted(taken):
        after = interval.start - timing.duration - timing.buffer_after
        until = interval.end + timing.buffer_before
        if blocked and after < blocked[-1][1]:
            blocked[-1] = (blocked[-1][0], max(blocked[-1][1], until))
        else:
            blocked.append((after, until))
    return blocked
