"""A person's bookings, on whichever side: who is an agent today may have booked, and the other way round."""

from collections.abc import Iterator
from typing import Final

from greenroom.actors import Role
from greenroom.bookings.model import Booking
from greenroom.bookings.records import booking_from
from greenroom.bookings.store import BookingStore
from greenroom.storage.items import Item

SIDES: Final = (Role.BUYER, Role.AGENT)
_PAGE = 100


def booking_items(
    store: BookingStore, side: Role, user_id: str, start_key: Item | None = None
) -> Iterator[Item]:
    """Yield the items of a person's bookings on one side, by start, as the index has them."""
    while True:
        page = store.inbox(side, user_id, first="0", last="~", start_key=start_key, limit=_PAGE)
        yield from page.items
        start_key = page.next_key
        if start_key is None:
            return


def all_bookings(store: BookingStore, user_id: str) -> Iterator[tuple[Role, Booking]]:
    """Yield every booking of a person with the side that the person is on."""
    for side in SIDES:
        for item in booking_items(store, side, user_id):
            yield side, booking_from(item)
