"""The letters: subject and plain text for each kind of event and each side that is told of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from greenroom.actors import Role
from greenroom.bookings.documents import terms_from
from greenroom.bookings.model import Booking, EventType
from greenroom.bookings.terms import Terms
from greenroom.calendar.intervals import parse_instant
from greenroom.calendar.zones import find_zone
from greenroom.money import format_amount

from .announcements import Announcement
from .plain_text import one_line


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said; both parts are safe to put into a message as they are."""

    subject: str
    text: str


def local_time(instant: datetime, time_zone: str) -> str:
    """Return e.g. ``Tuesday 1 December 2026, 19:00 (UTC+01:00, Europe/Paris)``."""
    local = instant.astimezone(find_zone(time_zone))
    offset = local.isoformat()[-6:]
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} (UTC{offset}, {time_zone})"


def write_letter(
    announced: Announcement, booking: Booking, side: Role, *, name: str, public_url: str
) -> Letter:
    """Write to one side of the booking. ``booking`` is as of the event, ``name`` the recipient's."""
    wording = _WORDINGS[announced.kind]
    celebrity = one_line(booking.celebrity_name)
    opening = wording.to_buyer if side is Role.BUYER else wording.to_agent
    facts = [
        f"What: {celebrity}, {one_line(booking.offering_title)}",
        f"Start: {local_time(booking.interval.start, booking.time_zone)}",
        f"End: {local_time(booking.interval.end, booking.time_zone)}",
    ]
    if booking.venue:
        facts.append(f"Where: {one_line(booking.venue)}")
    for fact in wording.facts:
        facts += fact(announced, booking)
    if announced.event.reason:
        facts.append(f"Message: {one_line(announced.event.reason)}")
    facts.append(f"Booking: {public_url}/v1/bookings/{booking.id}")
    parts = [f"Hello {one_line(name)},", opening.format(celebrity=celebrity), "\n".join(facts), "Greenroom"]
    return Letter(wording.subject.format(celebrity=celebrity), "\n\n".join(parts) + "\n")


# Facts that only some letters state ---------------------------------------------------------------------

_Fact = Callable[[Announcement, Booking], list[str]]


def _terms(announced: Announcement, booking: Booking) -> Terms | None:
    """Return the terms that the event wrote, or else the booking's."""
    written = announced.event.changes.get("terms")
    return terms_from(written) if written else booking.terms


def _deadline(announced: Announcement, booking: Booking, label: str) -> list[str]:
    changed = announced.event.changes.get("deadline")
    deadline = parse_instant(changed) if changed else booking.deadline
    return [f"{label}: {local_time(deadline, booking.time_zone)}"] if deadline else []


def _pay_by(announced: Announcement, booking: Booking) -> list[str]:
    return _deadline(announced, booking, "Pay by")


def _answer_by(announced: Announcement, booking: Booking) -> list[str]:
    return _deadline(announced, booking, "Answer by")


def _price(announced: Announcement, booking: Booking) -> list[str]:
    terms = _terms(announced, booking)
    if terms is None:
        return []
    lines = [f"Total: {format_amount(terms.total, terms.currency)}"]
    if terms.deposit:
        lines.append(f"Deposit: {format_amount(terms.deposit, terms.currency)}")
    if terms.balance:
        lines.append(f"Balance: {format_amount(terms.balance, terms.currency)}")
    return lines


def _refund(announced: Announcement, booking: Booking) -> list[str]:
    refund = announced.event.changes.get("refund")
    return [f"Refund: {format_amount(refund, booking.currency)}"] if refund else []


def _taken_back(announced: Announcement, booking: Booking) -> list[str]:
    amount = announced.event.changes.get("taken_back")
    return [f"Returned to the buyer: {format_amount(amount, booking.currency)}"] if amount else []


def _proposed_time(announced: Announcement, booking: Booking) -> list[str]:
    terms = _terms(announced, booking)
    if terms is None:
        return []
    zone = announced.event.changes.get("time_zone") or booking.time_zone
    return [
        f"Proposed start: {local_time(terms.start, zone)}",
        f"Proposed end: {local_time(terms.end, zone)}",
    ]


# The wordings -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wording:
    subject: str
    to_buyer: str
    to_agent: str
    facts: tuple[_Fact, ...] = ()


_WORDINGS: Final[Mapping[EventType, _Wording]] = {
    EventType.REQUESTED: _Wording(
        "Request for {celebrity}",
        "Your request for {celebrity} has reached the agent.",
        "A buyer asks for {celebrity}. Make an offer or decline.",
        (_answer_by,),
    ),
    EventType.BOOKED: _Wording(
        "Payment awaited: {celebrity}",
        "{celebrity} is held for you. The booking is confirmed once the deposit is paid.",
        "{celebrity} is held for a buyer until the deposit is paid.",
        (_price, _pay_by),
    ),
    EventType.OFFERED: _Wording(
        "Offer for {celebrity}",
        "The agent of {celebrity} makes you an offer. The time is held until you answer.",
        "Your offer for {celebrity} has reached the buyer.",
        (_price, _answer_by),
    ),
    EventType.COUNTERED: _Wording(
        "Counter-offer for {celebrity}",
        "The agent of {celebrity} answers with other terms.",
        "The buyer of {celebrity} answers with other terms.",
        (_price, _answer_by),
    ),
    EventType.ACCEPTED: _Wording(
        "Terms agreed, payment awaited: {celebrity}",
        "The terms for {celebrity} are agreed. The booking is confirmed once the deposit is paid.",
        "The terms for {celebrity} are agreed. The buyer now pays the deposit.",
        (_price, _pay_by),
    ),
    EventType.CONFIRMED: _Wording(
        "Confirmed: {celebrity}",
        "Your booking of {celebrity} is confirmed.",
        "The booking of {celebrity} is confirmed.",
        (_price,),
    ),
    EventType.DECLINED: _Wording(
        "Declined: {celebrity}",
        "The agent of {celebrity} has declined. The time is no longer held.",
        "You have declined the booking of {celebrity}. The time is free again.",
    ),
    EventType.WITHDRAWN: _Wording(
        "Withdrawn: {celebrity}",
        "You have withdrawn from the booking of {celebrity}. The time is no longer held.",
        "The buyer of {celebrity} has withdrawn. The time is free again.",
    ),
    EventType.EXPIRED: _Wording(
        "Expired: {celebrity}",
        "The booking of {celebrity} was not completed in time. The time is no longer held.",
        "The booking of {celebrity} was not completed in time. The time is free again.",
    ),
    EventType.PAYMENT_FAILED: _Wording(
        "Payment failed: {celebrity}",
        "Your payment for {celebrity} could not be taken. You can try again.",
        "A payment for {celebrity} could not be taken.",
    ),
    EventType.PAYMENT_RETURNED: _Wording(
        "Payment returned: {celebrity}",
        "Your payment for {celebrity} could not be used for the booking. All of it is returned to you.",
        "A payment for {celebrity} could not be used for the booking and is returned.",
        (_refund,),
    ),
    EventType.REFUND_ORDERED: _Wording(
        "Refund granted: {celebrity}",
        "You are granted a refund for {celebrity}.",
        "The buyer of {celebrity} is granted a refund.",
        (_refund,),
    ),
    EventType.PAYMENT_DISPUTED: _Wording(
        "Payment disputed: {celebrity}",
        "Your bank has told us that you dispute a payment for {celebrity}.",
        "The buyer disputes a payment for {celebrity} at the bank. The booking stands until it is decided.",
    ),
    EventType.DISPUTE_CLOSED: _Wording(
        "Dispute decided: {celebrity}",
        "Your bank has decided on the payment that you disputed for {celebrity}.",
        "The bank has decided on the disputed payment for {celebrity}.",
        (_taken_back,),
    ),
    EventType.REFUNDED: _Wording(
        "Refund paid: {celebrity}",
        "Your refund for {celebrity} is on its way.",
        "A refund for {celebrity} is on its way to the buyer.",
        (_refund,),
    ),
    EventType.BALANCE_CAPTURED: _Wording(
        "Balance paid: {celebrity}",
        "The balance of your booking of {celebrity} is paid.",
        "The balance of the booking of {celebrity} is paid.",
        (_price,),
    ),
    EventType.RESCHEDULE_PROPOSED: _Wording(
        "Another time proposed: {celebrity}",
        "The agent of {celebrity} proposes another time. Until you accept, the time below stays.",
        "The buyer of {celebrity} proposes another time. Until you accept, the time below stays.",
        (_proposed_time, _answer_by),
    ),
    EventType.RESCHEDULED: _Wording(
        "New time: {celebrity}",
        "Your booking of {celebrity} has moved to a new time.",
        "The booking of {celebrity} has moved to a new time.",
    ),
    EventType.RESCHEDULE_DECLINED: _Wording(
        "Time unchanged: {celebrity}",
        "The other time proposed for {celebrity} is off. Your booking stays as it was.",
        "The other time proposed for {celebrity} is off. The booking stays as it was.",
    ),
    EventType.RESCHEDULE_LAPSED: _Wording(
        "Time unchanged: {celebrity}",
        "The other time proposed for {celebrity} was not accepted in time. The booking stays as it was.",
        "The other time proposed for {celebrity} was not accepted in time. The booking stays as it was.",
    ),
    EventType.CANCELLED: _Wording(
        "Cancelled: {celebrity}",
        "The booking of {celebrity} is cancelled.",
        "The booking of {celebrity} is cancelled. The time is free again.",
        (_refund,),
    ),
    EventType.COMPLETED: _Wording(
        "Completed: {celebrity}",
        "Your booking of {celebrity} is completed. Thank you.",
        "The booking of {celebrity} is completed.",
    ),
}
