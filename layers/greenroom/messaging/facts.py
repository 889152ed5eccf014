"""The facts that letters state beside the booking's own: terms, deadlines, money, other times.

Each is a label and a value of one line, fit for a line of plain text; whoever makes markup of it escapes it.
"""

from collections.abc import Callable
from datetime import datetime

from greenroom.bookings.documents import terms_from
from greenroom.bookings.model import Booking
from greenroom.bookings.terms import Terms
from greenroom.calendar.intervals import parse_instant
from greenroom.calendar.zones import find_zone
from greenroom.cancellation import CancellationPolicy
from greenroom.money import format_amount

from .announcements import Announcement
from .plain_text import one_line

Fact = tuple[str, str]
"""A label, and what it says."""
_ON_CANCELLING = "Refund if the buyer cancels"
FactOf = Callable[[Announcement, Booking], list[Fact]]


def local_time(instant: datetime, time_zone: str) -> str:
    """Return e.g. ``Tuesday 1 December 2026, 19:00 (UTC+01:00, Europe/Paris)``."""
    local = instant.astimezone(find_zone(time_zone))
    offset = local.isoformat()[-6:]
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} (UTC{offset}, {time_zone})"


def budget(_announced: Announcement, booking: Booking) -> list[Fact]:
    """What the buyer means to spend."""
    return [] if booking.budget is None else [("Budget", format_amount(booking.budget, booking.currency))]


def pay_by(announced: Announcement, booking: Booking) -> list[Fact]:
    """Until when the deposit may be paid."""
    return _deadline(announced, booking, "Pay by")


def answer_by(announced: Announcement, booking: Booking) -> list[Fact]:
    """Until when the other side may answer."""
    return _deadline(announced, booking, "Answer by")


def _deadline(announced: Announcement, booking: Booking, label: str) -> list[Fact]:
    changed = announced.event.changes.get("deadline")
    deadline = parse_instant(changed) if changed else booking.deadline
    return [(label, local_time(deadline, booking.time_zone))] if deadline else []


def price(announced: Announcement, booking: Booking) -> list[Fact]:
    """What the buyer pays, and when."""
    terms = _terms(announced, booking)
    if terms is None:
        return []
    stated = [("Total", _amount(terms, terms.total))]
    if terms.deposit:
        stated.append(("Deposit", _amount(terms, terms.deposit)))
    if terms.balance:
        stated.append(("Balance", _amount(terms, terms.balance)))
    return stated


def whole_terms(announced: Announcement, booking: Booking) -> list[Fact]:
    """The terms with all that the other side would agree to, and the version by which it would."""
    terms = _terms(announced, booking)
    if terms is None:
        return []
    stated = [("Terms", f"version {terms.version}")]
    if terms.travel:
        stated += [("Fee", _amount(terms, terms.fee)), ("Travel", _amount(terms, terms.travel))]
    stated += price(announced, booking)
    if terms.rider:
        stated.append(("Rider", one_line(terms.rider)))
    if terms.exclusivity:
        near, days = terms.exclusivity.radius_km, terms.exclusivity.days
        stated.append(
            ("Exclusivity", f"no other engagement within {near} km, {_days(days)} before and after")
        )
    if terms.usage_rights:
        stated.append(("Usage rights", one_line(terms.usage_rights)))
    return [*stated, (_ON_CANCELLING, _policy(terms.cancellation_policy))]


def proposed_time(announced: Announcement, booking: Booking) -> list[Fact]:
    """The other time that is proposed, and the version of the terms by which it would be agreed to."""
    terms = _terms(announced, booking)
    if terms is None:
        return []
    zone = announced.event.changes.get("time_zone") or booking.time_zone
    return [
        ("Proposed start", local_time(terms.start, zone)),
        ("Proposed end", local_time(terms.end, zone)),
        ("Terms", f"version {terms.version}, as before but for the time"),
        (_ON_CANCELLING, _policy(terms.cancellation_policy)),
    ]


def refund(announced: Announcement, booking: Booking) -> list[Fact]:
    """What goes back to the buyer."""
    amount = announced.event.changes.get("refund")
    return [("Refund", format_amount(amount, booking.currency))] if amount else []


def disputed(announced: Announcement, booking: Booking) -> list[Fact]:
    """How much the buyer disputes."""
    amount = announced.event.changes.get("amount")
    return [("Disputed", format_amount(amount, booking.currency))] if amount else []


def decision(announced: Announcement, booking: Booking) -> list[Fact]:
    """For whom the bank has decided, and what it gave back."""
    won, amount = (announced.event.changes.get(name) for name in ("won", "taken_back"))
    stated = [] if won is None else [("Decision", "for the house" if won else "for the buyer")]
    if amount:
        stated.append(("Returned to the buyer", format_amount(amount, booking.currency)))
    return stated


def _terms(announced: Announcement, booking: Booking) -> Terms | None:
    """Return the terms that the event wrote, or else the booking's."""
    written = announced.event.changes.get("terms")
    return terms_from(written) if written else booking.terms


def _amount(terms: Terms, amount: int) -> str:
    return format_amount(amount, terms.currency)


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _policy(policy: CancellationPolicy) -> str:
    """Say the tiers, e.g. ``100% until 30 days before the start, 50% until 7 days before the start``."""
    said = [
        f"{tier.refund_share / 100:g}% until "
        + (f"{_days(tier.days_before)} before the start" if tier.days_before else "the start")
        for tier in policy
        if tier.refund_share
    ]
    return ", ".join(said) or "none"
