"""Fills the tables of a house with what the requests that are measured do not ask about."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from greenroom.calendar.days import Claim, DayDocument
from greenroom.calendar.intervals import Interval, format_instant
from greenroom.identifiers import new_id
from greenroom.storage import keys
from greenroom.storage.items import Item
from tests.benchmarks.house import House

BASE = 30
"""How much there is before it grows: more than a page holds."""
_A_DAY = 8
"""Claims of a full day."""
_HOUR = timedelta(hours=1)
_ASKED = range(12, 19)
"""Days from now that the house's availability is asked for; a booking wants one from the twentieth on."""
_LATER = 100


def _bookings(house: House, count: int) -> Iterator[Item]:
    """Yield so many bookings of other buyers, and as many more of the one who asks."""
    tables, names = house.running.tables, house.running.names
    known = tables.get(names["bookings"], keys.booking(house.booking))
    assert known is not None
    now = datetime.now(UTC)
    for number in range(count):
        start = (now + timedelta(days=30, hours=number)).replace(minute=0, second=0)
        for buyer in (known["buyer_id"], f"usr_{number:026d}"):
            yield {
                **known,
                **keys.booking(new_id("bkg", now))._asdict(),
                "buyer_id": buyer,
                "agent_id": f"usr_{number % 7}",
                "starts_at": format_instant(start),
                "ends_at": format_instant(start + _HOUR),
            }


def _claims(house: House, count: int) -> Iterator[Item]:
    """Yield full days of so many other celebrities, at the time asked for, and of this one at other times."""
    today = datetime.now(UTC).date()
    for number in range(count):
        for day in _ASKED:
            yield _full_day(f"cel_{number:026d}", today + timedelta(days=day))
        yield _full_day(house.celebrity.id, today + timedelta(days=_LATER + number))


def _full_day(celebrity_id: str, day: date) -> Item:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    claims = {}
    for number in range(_A_DAY):
        start = midnight + number * _HOUR
        claim = Claim(f"bkg_{number:026d}", Interval(start, start + _HOUR), "booking")
        claims[claim.booking_id] = claim
    document = DayDocument(celebrity_id, day, 1, claims)
    return {**keys.day(celebrity_id, day)._asdict(), **document.to_stored()}


def _events(house: House, count: int) -> Iterator[Item]:
    """Yield so many more events of the booking that is asked for."""
    tables, names = house.running.tables, house.running.names
    (known,) = tables.query_all(
        names["bookings"],
        partition=("pk", keys.booking(house.booking).pk),
        between=("sk", "EVENT#", "EVENT#~"),
    )
    for version in range(2, count + 2):
        yield {**known, **keys.event(house.booking, version)._asdict(), "version": version}


def elsewhere(house: House, count: int) -> Iterator[Item]:
    """Yield items of the bookings table: so many bookings, full days and events."""
    yield from _bookings(house, count)
    yield from _claims(house, count)
    yield from _events(house, count)
