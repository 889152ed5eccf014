"""Events of a booking's log as the outbox takes them up, and who is told of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from greenroom.actors import Actor, Role
from greenroom.bookings.model import Booking, Event, EventType, State
from greenroom.calendar.intervals import Interval, parse_instant
from greenroom.storage.items import Item

SIDES: Final = (Role.BUYER, Role.AGENT)


class UnreadableEvent(Exception):
    """An item of the log lacks what every event has, or holds what no event can."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event, and the booking's state and time right after it."""

    event_id: str
    booking_id: str
    event: Event
    state: State
    interval: Interval

    @property
    def kind(self) -> EventType:
        """What the event is to people: a booking that needs no payment is confirmed as it is made."""
        if self.event.type is EventType.BOOKED and self.state is State.CONFIRMED:
            return EventType.CONFIRMED
        return self.event.type

    def as_of(self, booking: Booking) -> Booking:
        """Return the booking, which may have moved on since, as it stood right after this event.

        Its deadline is only known while nothing else has happened, or where the event changed it.
        """
        return replace(
            booking,
            version=self.event.version,
            state=self.state,
            interval=self.interval,
            deadline=booking.deadline if booking.version == self.event.version else None,
        )


def announcement(item: Item) -> Announcement:
    """Return the event that an item of the log holds; raise ``UnreadableEvent``."""
    try:
        return Announcement(
            event_id=item["id"],
            booking_id=item["booking_id"],
            event=Event(
                version=item["version"],
                type=EventType(item["type"]),
                actor=Actor(Role(item["actor"]["role"]), item["actor"]["id"]),
                reason=item["reason"],
                at=parse_instant(item["at"]),
                changes=item["changes"],
            ),
            state=State(item["state"]),
            interval=Interval(parse_instant(item["start"]), parse_instant(item["end"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableEvent from error


_ALWAYS_TOLD: Final[Mapping[EventType, set[Role]]] = {
    EventType.BOOKED: {Role.BUYER},
    EventType.ACCEPTED: {Role.BUYER},
    EventType.PAYMENT_FAILED: {Role.BUYER},
    EventType.PAYMENT_RETURNED: {Role.BUYER},
    EventType.REFUNDED: {Role.BUYER},
    EventType.PAYMENT_STARTED: set(),
    # Nobody waits for a payment that is over; a refund is told of when it goes, and the booking's end apart.
    EventType.PAYMENT_VOIDED: set(),
    # Whoever is left has nothing to do about it.
    EventType.ERASED: set(),
    EventType.REFUND_ORDERED: {Role.BUYER},
    EventType.PAYMENT_DISPUTED: {Role.AGENT},
    EventType.DISPUTE_CLOSED: {Role.AGENT},
    # Receipts for both. What ends a booking must also leave the calendar of the one who ended it.
    EventType.CONFIRMED: set(SIDES),
    EventType.BALANCE_CAPTURED: set(SIDES),
    EventType.RESCHEDULED: set(SIDES),
    EventType.DECLINED: set(SIDES),
    EventType.WITHDRAWN: set(SIDES),
    EventType.EXPIRED: set(SIDES),
    EventType.CANCELLED: set(SIDES),
}
_TOLD_TO_WHO_DID_NOT_ACT: Final = frozenset(
    {
        EventType.REQUESTED,
        EventType.OFFERED,
        EventType.COUNTERED,
        EventType.ACCEPTED,
        EventType.RESCHEDULE_PROPOSED,
        EventType.RESCHEDULE_DECLINED,
        EventType.RESCHEDULE_LAPSED,
        EventType.COMPLETED,
    }
)
_END_OF_AN_UNPAID_HOLD: Final = frozenset({EventType.EXPIRED, EventType.WITHDRAWN})


def sides_told(announced: Announcement, booking: Booking) -> tuple[Role, ...]:
    """Return the sides that get a letter, the buyer first; there may be none."""
    kind = announced.kind
    told = set(_ALWAYS_TOLD.get(kind, ()))
    if kind in _TOLD_TO_WHO_DID_NOT_ACT:
        told |= set(SIDES) - {announced.event.actor.role}
    if kind in _END_OF_AN_UNPAID_HOLD and _bought_at_once(booking):
        # The agent never heard of it: a hold of minutes is no news until it is paid.
        told.discard(Role.AGENT)
    return tuple(side for side in SIDES if side in told)


def _bought_at_once(booking: Booking) -> bool:
    """Tell an instant booking from a negotiated one: only what was offered has a time to accept it."""
    return booking.terms is not None and booking.terms.expires_at is None
