"""VTIMEZONE components: how a zone's clocks run in the years of an engagement (RFC 5545, 3.6.5).

``icalendar`` can generate them too, but writes the onset of summer time in the new offset where the standard
means the old one, which is an hour off in the hour behind a gap; and it looks 64 days ahead at a time, so it
can miss a change that is taken back within weeks, such as Morocco's.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_NOTHING = timedelta()


class _Observance(NamedTuple):
    onset: datetime
    """The naive wall time at which it begins, as the clocks before it show."""
    before: timedelta
    offset: timedelta
    saving: timedelta
    name: str


def vtimezone(zone: ZoneInfo, first: datetime, last: datetime) -> Timezone:
    """Return the zone's rules for every instant of the local years from ``first`` to ``last``, both aware."""
    observances = _observances(zone, first.astimezone(zone).year, last.astimezone(zone).year)
    # Where winter is the exception from a "standard" summer (Ireland), summer is daylight time all the same.
    least = min(observance.saving for observance in observances)
    component = Timezone()
    component.add("TZID", zone.key)
    for observance in observances:
        part = TimezoneDaylight() if observance.saving > least else TimezoneStandard()
        part.add("DTSTART", observance.onset)
        part.add("TZOFFSETFROM", observance.before)
        part.add("TZOFFSETTO", observance.offset)
        part.add("TZNAME", observance.name)
        component.add_component(part)
    return component


def _observances(zone: ZoneInfo, first_year: int, last_year: int) -> list[_Observance]:
    instant, end = (datetime(year, 1, 1, tzinfo=zone).astimezone(UTC) for year in (first_year, last_year + 1))
    found = [_observance(zone, instant, _offset(zone, instant))]
    while instant < end:
        following = instant + _DAY
        if _offset(zone, following) != _offset(zone, instant):
            found.append(_observance(zone, _change(zone, instant, following), _offset(zone, instant)))
        instant = following
    return found


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or _NOTHING


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second between the two that has the offset of ``high``."""
    while high - low > _SECOND:
        middle = low + (high - low) // 2 // _SECOND * _SECOND
        if _offset(zone, middle) == _offset(zone, low):
            low = middle
        else:
            high = middle
    return high


def _observance(zone: ZoneInfo, instant: datetime, before: timedelta) -> _Observance:
    local = instant.astimezone(zone)
    return _Observance(
        onset=(instant + before).replace(tzinfo=None),
        before=before,
        offset=_offset(zone, instant),
        saving=local.dst() or _NOTHING,
        name=local.tzname() or zone.key,
    )
