"""The shapes of bookings on the wire."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from greenroom.actors import Role
from greenroom.calendar.intervals import format_instant
from greenroom.shapes import Body, Cursor, Identifier, Line, Money, Prose, Query, Revealed, TierView, View

from .documents import terms_document
from .ledger import Entry
from .model import Booking, Payment, PaymentKind, State
from .settlement import PAYABLE, amount_due, balance_due_at

Instant = Annotated[str, Field(description="RFC 3339 in UTC.", examples=["2027-03-05T18:00:00Z"])]


class BookingRequest(Body):
    """What a buyer asks for."""

    offering_id: Identifier
    start: Annotated[
        str,
        Field(
            min_length=1,
            max_length=40,
            description="RFC 3339 with an offset, or a wall time that `time_zone` makes definite.",
            examples=["2027-03-05T19:00:00"],
        ),
    ]
    time_zone: Annotated[
        str, Field(min_length=1, max_length=64, description="IANA zone.", examples=["Europe/Paris"])
    ]
    venue: Line | None = None
    brief: Prose | None = None
    budget: Money | None = None


class ExclusivityView(View):
    """No other engagement within this distance and time."""

    radius_km: int
    days: int


class TermsView(View):
    """One version of the terms; amounts in minor units of `currency`, and total = fee + travel."""

    version: int
    fee: int
    travel: int
    total: int
    deposit: int
    commission: int
    currency: str
    rider: str
    exclusivity: ExclusivityView | None
    usage_rights: str
    cancellation_policy: list[TierView]
    start: Instant
    end: Instant
    expires_at: Instant | None


class PaymentView(View):
    """One payment. Only the buyer sees the `client_secret`, with which the provider takes the payment.

    `refund_due` is promised back and on its way; with `refunded` it is never more than `amount`.
    """

    id: str
    kind: Literal["deposit", "balance"]
    state: Literal["pending", "captured", "failed", "voided"]
    amount: Money
    refunded: Money
    refund_due: Money
    client_secret: Revealed | None


class BalanceView(View):
    """What is still to be paid, and by when it should be."""

    amount: Money
    due_at: Instant


class BookingView(View):
    """One engagement, as it stands now."""

    id: str
    state: State
    version: Annotated[int, Field(description="Also the ETag; grows by one with each event.")]
    celebrity_id: str
    celebrity_name: str
    offering_id: str
    offering_title: str
    start: Instant
    end: Instant
    time_zone: str
    turn: Literal["buyer", "agent"] | None
    deadline: Instant | None
    venue: str
    brief: str
    budget: Money | None
    terms: TermsView | None
    proposal: TermsView | None
    payments: list[PaymentView]
    balance_due: Annotated[
        BalanceView | None, Field(description="What is still to be paid of a confirmed engagement.")
    ]
    created_at: Instant


class BookingList(View):
    """One page of bookings, by start."""

    items: list[BookingView]
    next_cursor: str | None


class ActorView(View):
    """Who caused an event: a side of the booking, or the clock, or the payment provider."""

    role: Role
    id: str


class EventView(View):
    """One entry of the booking's log."""

    id: str
    version: int
    type: str
    actor: ActorView
    reason: str
    at: Instant
    changes: dict[str, Any]


class EventList(View):
    """The booking's log, the oldest first."""

    items: list[EventView]
    next_cursor: None = None


class InboxQuery(Query):
    """Which bookings; the dates are of the start, in UTC, both included.

    `turn` finds those that wait for a side, `deadline_before` those whose deadline is before a date, in UTC.
    """

    state: State | None = None
    role: Literal["buyer", "agent"] | None = None
    turn: Literal["buyer", "agent"] | None = None
    deadline_before: date | None = None
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class PaymentRequest(Body):
    """What to pay: the deposit of a booking that awaits it, or the balance of a confirmed one."""

    kind: Literal["deposit", "balance"]


class RefundBody(Body):
    """How much to give back, in the booking's currency, up to what is left of what was paid."""

    amount: Money
    reason: Line | None = None


class LedgerEntryView(View):
    """One movement of money: captures are positive, what goes back is negative."""

    version: Annotated[int, Field(description="The event of the booking's log that it belongs to.")]
    at: Instant
    kind: Literal["capture", "refund", "chargeback"]
    payment_id: str
    amount: int
    balance: Annotated[int, Field(description="What is held of the buyer's money after this.")]


class LedgerView(View):
    """Every movement of the buyer's money, the oldest first, in minor units of `currency`."""

    currency: str
    items: list[LedgerEntryView]
    balance: int
    refund_due: Annotated[int, Field(description="What of the balance is promised back and not yet gone.")]


def ledger_view(booking: Booking, entries: Iterable[Entry]) -> LedgerView:
    """Return the ledger as every side may see it."""
    items = [LedgerEntryView(**asdict(entry)) for entry in entries]
    return LedgerView(
        currency=booking.currency,
        items=items,
        balance=items[-1].balance if items else 0,
        refund_due=sum(payment.refund_due for payment in booking.payments),
    )


def payment_view(payment: Payment, role: Role) -> PaymentView:
    """Return a payment as that role may see it."""
    return PaymentView(
        id=payment.id,
        kind=payment.kind.value,
        state=payment.state.value,
        amount=Money(amount=payment.amount, currency=payment.currency),
        refunded=Money(amount=payment.refunded, currency=payment.currency),
        refund_due=Money(amount=payment.refund_due, currency=payment.currency),
        client_secret=payment.client_secret if role is Role.BUYER else None,
    )


def booking_view(booking: Booking, role: Role) -> BookingView:
    """Return a booking as that role may see it."""
    return BookingView(
        id=booking.id,
        state=booking.state,
        version=booking.version,
        celebrity_id=booking.celebrity_id,
        celebrity_name=booking.celebrity_name,
        offering_id=booking.offering_id,
        offering_title=booking.offering_title,
        start=format_instant(booking.interval.start),
        end=format_instant(booking.interval.end),
        time_zone=booking.time_zone,
        turn=_side(booking.turn),
        deadline=format_instant(booking.deadline) if booking.deadline else None,
        venue=booking.venue,
        brief=booking.brief,
        budget=(
            Money(amount=booking.budget, currency=booking.currency) if booking.budget is not None else None
        ),
        terms=TermsView.model_validate(terms_document(booking.terms)) if booking.terms else None,
        proposal=(
            TermsView.model_validate(terms_document(booking.proposal.terms)) if booking.proposal else None
        ),
        payments=[payment_view(payment, role) for payment in booking.payments],
        balance_due=_balance(booking),
        created_at=format_instant(booking.created_at),
    )


def _balance(booking: Booking) -> BalanceView | None:
    if PAYABLE.get(booking.state) is not PaymentKind.BALANCE:
        return None
    amount = amount_due(booking, PaymentKind.BALANCE)
    if amount == 0:
        return None
    return BalanceView(
        amount=Money(amount=amount, currency=booking.currency),
        due_at=format_instant(balance_due_at(booking)),
    )


def _side(turn: Role | None) -> Literal["buyer", "agent"] | None:
    if turn is None:
        return None
    return "buyer" if turn is Role.BUYER else "agent"


def event_view(item: Mapping[str, Any]) -> EventView:
    """Return an event as both sides may see it."""
    return EventView(
        id=item["id"],
        version=item["version"],
        type=item["type"],
        actor=ActorView.model_validate(item["actor"]),
        reason=item["reason"],
        at=item["at"],
        changes=item["changes"],
    )
