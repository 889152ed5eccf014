"""Time zones, and wall times made definite.

Zone data come from the locked ``tzdata`` package alone, never from the machine, so that an instant is
the same wherever it is computed. Only names that the package lists are ever turned into a path.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # data with no interface to type

from greenroom.calendar.horizon import FIRST_YEAR, LAST_YEAR
from greenroom.calendar.refusals import AmbiguousLocalTime, NonexistentLocalTime
from greenroom.refusals import InvalidInput

_DATA: Final = Path(tzdata.__path__[0])
_NOT_A_PLACE: Final = "Factory"  # the list's own entry for "not yet set"

_START: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?:([Zz])|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?"
)


def find_zone(name: str, *, field: str = "time_zone") -> ZoneInfo:
    """Return the IANA zone of that exact name, aliases included.

    Raises
    ------
    InvalidInput
        When there is no such zone; names ``field``.
    """
    if name not in _names():
        raise InvalidInput("There is no such IANA time zone", field=field)
    return _load(name)


@cache
def _names() -> frozenset[str]:
    return frozenset((_DATA / "zones").read_text(encoding="ascii").split()) - {_NOT_A_PLACE}


@cache
def _load(name: str) -> ZoneInfo:
    with (_DATA / "zoneinfo" / name).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def resolve_start(text: str, time_zone: str, *, field: str = "start") -> datetime:
    """Return the UTC instant that a client means by ``text``, a whole minute.

    ``text`` is RFC 3339 with an offset, taken as it stands, or a wall time in ``time_zone``. Seconds
    may be left out, and are otherwise zero.

    Raises
    ------
    InvalidInput
        When the zone is unknown (field ``time_zone``), or ``text`` is no such time (``field``).
    NonexistentLocalTime, AmbiguousLocalTime
        When a wall time falls into the zone's daylight-saving gap, or comes twice.
    """
    zone = find_zone(time_zone)
    match = _START.fullmatch(text)
    if match is None:
        raise InvalidInput("A time is written like 2026-12-01T10:00:00Z or 2026-12-01T10:00", field=field)
    *parts, second, fraction, utc, sign, hours, minutes = match.groups()
    try:
        wall = datetime(*map(int, parts))  # type: ignore[arg-type]  # noqa: DTZ001 - a wall time
    except ValueError:
        raise InvalidInput("There is no such date or time of day", field=field) from None
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise InvalidInput(f"A year lies between {FIRST_YEAR} and {LAST_YEAR}", field=field)
    if int(second or 0) or int(fraction or 0):
        raise InvalidInput("A time is a whole minute", field=field)
    if utc:
        return wall.replace(tzinfo=UTC)
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return (wall - offset if sign == "+" else wall + offset).replace(tzinfo=UTC)
    return _definite(wall, zone, field)


def _definite(wall: datetime, zone: ZoneInfo, field: str) -> datetime:
    before, after = _readings(wall, zone)
    if before > after:
        raise NonexistentLocalTime(field=field)
    if before < after:
        raise AmbiguousLocalTime(field=field)
    return before


def opening_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which hours that begin at a naive wall time open.

    In a gap this is the first valid instant; in a fold the earlier one.
    """
    before, after = _readings(wall, zone)
    return before if before <= after else _end_of_gap(wall, zone, after, before)


def closing_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which hours that end at a naive wall time close.

    In a gap this is the first valid instant; in a fold the later one.
    """
    before, after = _readings(wall, zone)
    return after if before <= after else _end_of_gap(wall, zone, after, before)


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Read a wall time with the offset from before a change of clocks and with the one from after it.

    Both agree away from a change. In a fold the first is the earlier instant; in a gap it is the later.
    """
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return before, after


def _end_of_gap(wall: datetime, zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Find the change of clocks between ``low``, whose local time is before ``wall``, and ``high``."""
    second = timedelta(seconds=1)
    while high - low > second:
        middle = low + (high - low) // 2 // second * second
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high


def format_local(instant: datetime, zone: ZoneInfo) -> str:
    """Return the wall time of an instant with its offset: ``2026-12-01T11:00:00+01:00``."""
    return instant.astimezone(zone).isoformat(timespec="seconds")
