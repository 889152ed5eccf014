"""The booking as its rules see it: immutable values, no table and no wire format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Secret

from greenroom.actors import Actor, Role
from greenroom.calendar.intervals import Interval
from greenroom.cancellation import CancellationPolicy

from .terms import Terms


class State(StrEnum):
    """Where a booking stands."""

    REQUESTED = "requested"
    OFFERED = "offered"
    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


OPEN = frozenset({State.REQUESTED, State.OFFERED, State.AWAITING_PAYMENT})
CLAIMING = frozenset({State.OFFERED, State.AWAITING_PAYMENT, State.CONFIRMED})
"""The states with exactly one whole live claim on the celebrity's time."""


class PaymentKind(StrEnum):
    """What a payment is for."""

    DEPOSIT = "deposit"
    BALANCE = "balance"


class PaymentState(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"
    VOIDED = "voided"


class Dispute(StrEnum):
    """Where the buyer's bank stands on a payment that its holder disputes."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Refund:
    """A part of a payment that goes back. Once promised it is never changed, only settled: asking the
    provider for it again is then the same request."""

    amount: int
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment of a booking, and all that goes back of it, in the order of the promises."""

    id: str
    kind: PaymentKind
    state: PaymentState
    amount: int
    currency: str
    provider_id: str
    client_secret: Secret[str]
    open_until: datetime | None = None
    """Until when a balance may be paid by it; a deposit's end is the booking's deadline."""
    refunds: tuple[Refund, ...] = ()
    honoured: bool = True
    """False for what was taken though it was not due: it goes back whole and pays for nothing."""
    dispute: Dispute | None = None

    @property
    def is_open(self) -> bool:
        """Whether the buyer may still pay it: a card that was refused may be followed by another one."""
        return self.state in (PaymentState.PENDING, PaymentState.FAILED)

    @property
    def refunded(self) -> int:
        """What has gone back to the buyer."""
        return sum(refund.amount for refund in self.refunds if refund.settled)

    @property
    def refund_due(self) -> int:
        """What is promised back and has not gone yet."""
        return sum(refund.amount for refund in self.refunds if not refund.settled)

    @property
    def owed(self) -> tuple[int, ...]:
        """The places of the refunds to be asked of the provider; none while a bank decides on a dispute."""
        if self.dispute is Dispute.OPEN:
            return ()
        return tuple(place for place, refund in enumerate(self.refunds) if not refund.settled)

    @property
    def kept(self) -> int:
        """What has been taken and neither returned nor promised back."""
        if self.state is not PaymentState.CAPTURED:
            return 0
        return self.amount - self.refunded - self.refund_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Another time that one side proposes for a confirmed booking: new terms, and who proposed them."""

    terms: Terms
    by: Role
    time_zone: str
    """The zone that the new time was meant in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One engagement. ``version`` is the number of its events."""

    id: str
    state: State
    version: int
    celebrity_id: str
    celebrity_name: str
    agent_id: str
    buyer_id: str
    offering_id: str
    offering_title: str
    interval: Interval
    buffer_before: timedelta
    buffer_after: timedelta
    time_zone: str
    created_at: datetime
    venue: str = ""
    brief: str = ""
    budget: int | None = None
    currency: str
    cancellation_policy: CancellationPolicy = ()
    """The offering's when it was booked, for terms that name none."""
    turn: Role | None = None
    deadline: datetime | None = None
    terms: Terms | None = None
    """The newest agreed or offered terms."""
    terms_versions: int = 0
    """How many terms were ever written, dropped proposals included: a number is never used twice."""
    proposal: Proposal | None = None
    payments: tuple[Payment, ...] = ()

    @property
    def claimed_interval(self) -> Interval:
        """The time that the booking takes of the celebrity, buffers included."""
        return self.interval.widen(self.buffer_before, self.buffer_after)

    @property
    def captured(self) -> int:
        """What has been taken from the buyer, in minor units."""
        return sum(payment.amount for payment in self.payments if payment.state is PaymentState.CAPTURED)

    def paid(self, kind: PaymentKind) -> int:
        """What the buyer has paid of a deposit or a balance. A refund given later makes nothing due again."""
        return sum(
            payment.amount
            for payment in self.payments
            if payment.kind is kind and payment.state is PaymentState.CAPTURED and payment.honoured
        )

    @property
    def returned(self) -> int:
        """What has been returned to the buyer or is owed to him."""
        return sum(payment.refunded + payment.refund_due for payment in self.payments)

    @property
    def has_dropped_terms(self) -> bool:
        """Whether the newest terms ever written neither stand nor are proposed any more."""
        newest = self.proposal.terms if self.proposal else self.terms
        return newest is not None and newest.version < self.terms_versions

    def payment(self, payment_id: str) -> Payment | None:
        """Return the payment of that id."""
        return next((payment for payment in self.payments if payment.id == payment_id), None)

    def party(self, user_id: str) -> Role | None:
        """Return the side that a user is on: buyer, agent, or None for an outsider."""
        return {self.buyer_id: Role.BUYER, self.agent_id: Role.AGENT}.get(user_id)


class EventType(StrEnum):
    """What happened to a booking; each event is announced to the sides that it concerns."""

    REQUESTED = "requested"
    BOOKED = "booked"
    OFFERED = "offered"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CONFIRMED = "confirmed"
    PAYMENT_STARTED = "payment_started"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_RETURNED = "payment_returned"
    PAYMENT_VOIDED = "payment_voided"
    PAYMENT_DISPUTED = "payment_disputed"
    DISPUTE_CLOSED = "dispute_closed"
    REFUND_ORDERED = "refund_ordered"
    REFUNDED = "refunded"
    BALANCE_CAPTURED = "balance_captured"
    RESCHEDULE_PROPOSED = "reschedule_proposed"
    RESCHEDULED = "rescheduled"
    RESCHEDULE_DECLINED = "reschedule_declined"
    RESCHEDULE_LAPSED = "reschedule_lapsed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of a booking's log."""

    version: int
    type: EventType
    actor: Actor
    reason: str
    at: datetime
    changes: Mapping[str, Any] = field(default_factory=dict)
    """What is new, in JSON's own types; whole terms where terms were written."""


class ClaimChange(StrEnum):
    """What a transition does to the celebrity's calendar."""

    KEEP = "keep"
    TAKE = "take"
    """Claim the booking's whole interval, in place of any older claim of this booking."""
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator sets: every duration of the domain, and the platform's share."""

    hold: timedelta = timedelta(minutes=15)
    """To pay for an instant booking."""
    answer: timedelta = timedelta(days=7)
    """To answer a request."""
    offer_maximum: timedelta = timedelta(days=14)
    """The longest that an offer may stand."""
    pay: timedelta = timedelta(days=1)
    """To pay the deposit of accepted terms."""
    reschedule_answer: timedelta = timedelta(days=7)
    """To answer a proposed other time."""
    balance_open: timedelta = timedelta(days=1)
    """How long a started payment of a balance stays open at the provider; another may be started then."""
    commission_share: int = 1000
    """The platform's part of the fee, in basis points."""
