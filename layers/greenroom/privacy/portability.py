"""A person's bookings for taking along: page by page, each small enough for one answer.

Lambda's answers hold 6 MB, in which every quotation mark of a JSON body counts twice. A page ends behind the
booking, or within the log of one, where it has grown past a megabyte; the next one goes on there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from greenroom.actors import Role
from greenroom.bookings.records import booking_from
from greenroom.bookings.shapes import BookingView, EventView, booking_view, event_view
from greenroom.bookings.store import BookingStore
from greenroom.shapes import View

from .sides import SIDES, booking_items

MOST_CHARACTERS = 1_000_000

Position = dict[str, Any]
"""Where to go on: a ``side``, the index's ``key`` behind which (None: from the start), and, within the log of
the booking that comes next, after which ``event`` (0: from its start)."""


class ExportedBooking(View):
    """A booking as its side sees it, and its log, which may go on in the next page under the same booking."""

    side: Role
    booking: BookingView
    events: list[EventView]


@dataclass(frozen=True, slots=True)
class Page:
    """Some bookings, and where the next page begins; None at the end."""

    bookings: list[ExportedBooking]
    position: Position | None


def page_of(
    store: BookingStore, user_id: str, position: Position | None, most: int = MOST_CHARACTERS
) -> Page:
    """Return the page that begins at ``position``; None is the start."""
    found: list[ExportedBooking] = []
    size = 0
    for side, key, after, item in _items(store, user_id, position):
        shown = booking_view(booking_from(item), side)
        size += len(shown.model_dump_json())
        events: list[EventView] = []
        whole = True
        for event in store.events(shown.id, after=after):
            # Something of each page is new, so that the last one is reached.
            if size > most and (events or found):
                whole = False
                break
            events.append(event_view(event))
            size += len(events[-1].model_dump_json())
        if events or whole:
            found.append(ExportedBooking(side=side, booking=shown, events=events))
        if not whole:
            last = events[-1].version if events else after
            return Page(found, {"side": side.value, "key": key, "event": last})
        if size > most:
            return Page(found, {"side": side.value, "key": store.inbox_key(side, item), "event": 0})
    return Page(found, None)


def _items(
    store: BookingStore, user_id: str, position: Position | None
) -> Iterator[tuple[Role, Any, int, Any]]:
    """Yield each booking's item with its side, the key before it, and the event that its log begins after."""
    first = Role(position["side"]) if position else SIDES[0]
    for side in SIDES[SIDES.index(first) :]:
        begun = position is not None and side is first
        key, after = (position["key"], position["event"]) if position and begun else (None, 0)
        for item in booking_items(store, side, user_id, key):
            yield side, key, after, item
            key, after = store.inbox_key(side, item), 0
