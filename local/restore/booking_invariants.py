"""What must hold of bookings, their events and the celebrities' days."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from greenroom.bookings.model import CLAIMING, Booking, PaymentKind, PaymentState, State
from greenroom.bookings.records import booking_from
from greenroom.bookings.store import claim_of
from greenroom.calendar.days import Claim, DayDocument, live_claims
from greenroom.storage.items import Item

from .findings import Violation


def bookings_hold(items: Sequence[Item], at: datetime) -> Iterator[Violation]:
    """Yield what does not hold of the bookings table's items at that moment."""
    bookings = {item["pk"]: booking_from(item) for item in items if item.get("kind") == "booking"}
    events: dict[str, list[Item]] = defaultdict(list)
    days: dict[str, list[DayDocument]] = defaultdict(list)
    for item in items:
        pk = item["pk"]
        if item.get("kind") == "event":
            events[pk].append(item)
        elif pk.startswith("DAY#"):
            celebrity_id = pk.partition("#")[2]
            day = date.fromisoformat(item["sk"])
            days[celebrity_id].append(DayDocument.from_stored(celebrity_id, day, item))
    for pk, booking in bookings.items():
        yield from _log(booking, events.pop(pk, []))
        yield from _money(booking)
    for pk in events:
        yield Violation("events are of a booking", pk)
    by_celebrity: dict[str, list[Booking]] = defaultdict(list)
    for booking in bookings.values():
        by_celebrity[booking.celebrity_id].append(booking)
    for celebrity_id in by_celebrity.keys() | days.keys():
        yield from _calendar(celebrity_id, by_celebrity[celebrity_id], days[celebrity_id], at)


def _log(booking: Booking, events: Sequence[Item]) -> Iterator[Violation]:
    versions = sorted(event["version"] for event in events)
    if versions != list(range(1, booking.version + 1)):
        yield Violation("a booking's version is the number of its events", booking.id)
    elif events and max(events, key=_version)["state"] != booking.state.value:
        yield Violation("a booking is in the state that its last event left", booking.id)
    if booking.deadline is None and booking.state in {State.OFFERED, State.AWAITING_PAYMENT}:
        yield Violation("what is held has a deadline", booking.id)


def _version(event: Item) -> int:
    version: int = event["version"]
    return version


def _money(booking: Booking) -> Iterator[Violation]:
    for payment in booking.payments:
        captured = payment.amount if payment.state is PaymentState.CAPTURED else 0
        if min(payment.refunded, payment.refund_due) < 0 or payment.refunded + payment.refund_due > captured:
            yield Violation("no more is returned than was captured", f"{booking.id} {payment.id}")
    taken = sum(
        payment.amount
        for payment in booking.payments
        if payment.kind is PaymentKind.DEPOSIT and payment.state is PaymentState.CAPTURED
    )
    if booking.state is State.CONFIRMED and (booking.terms is None or taken < booking.terms.deposit):
        yield Violation("a confirmed booking had its deposit captured", booking.id)


def _calendar(
    celebrity_id: str, bookings: Sequence[Booking], days: Sequence[DayDocument], at: datetime
) -> Iterator[Violation]:
    live = live_claims(days, at)
    # They are in the order of their starts: whatever one overlaps, it overlaps its neighbour first.
    for earlier, later in pairwise(live):
        if earlier.interval.overlaps(later.interval) and earlier.booking_id != later.booking_id:
            yield Violation("live claims of a celebrity never overlap", f"{celebrity_id} {later.booking_id}")
    by_day = {document.day: document for document in days}
    held: dict[str, list[Claim]] = defaultdict(list)
    for claim in live:
        held[claim.booking_id].append(claim)
        if not _whole(claim, by_day):
            yield Violation("each day of a claim carries it", f"{celebrity_id} {claim.booking_id}")
    for booking in bookings:
        claims = held.pop(booking.id, [])
        if claims != _due(booking, at):
            rule = "a booking that holds time has exactly one whole claim, and every other has none"
            yield Violation(rule, booking.id)
    for booking_id, claims in held.items():
        if any(claim.kind != "block" for claim in claims):
            yield Violation("a claim is of a booking that is there", booking_id)


def _whole(claim: Claim, by_day: Mapping[date, DayDocument]) -> bool:
    return all(
        day in by_day and by_day[day].claims.get(claim.booking_id) == claim
        for day in claim.interval.utc_days()
    )


def _due(booking: Booking, at: datetime) -> list[Claim]:
    """Return the claims that the booking should have: one, or none where its state or the clock says so."""
    if booking.state not in CLAIMING or (booking.deadline is None and booking.state is not State.CONFIRMED):
        return []
    claim = claim_of(booking)
    return [claim] if claim.is_live(at) else []
