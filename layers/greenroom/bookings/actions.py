"""What can be done to a booking: one value for each action, holding all that its rule needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from greenroom.actors import Role
from greenroom.calendar.intervals import Interval
from greenroom.cancellation import CancellationPolicy

from .model import Payment
from .terms import Exclusivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A booking before it is one: what the buyer asked for, and what the offering says."""

    id: str
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
    currency: str
    cancellation_policy: CancellationPolicy = ()
    """The offering's, for terms that name none."""
    venue: str = ""
    brief: str = ""
    budget: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Ask for an offer."""

    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Book an instant offering at its price."""

    draft: Draft
    price: int
    deposit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Offer terms, or answer an offer with other terms; without ``start`` the time stays as it is."""

    fee: int
    travel: int = 0
    deposit: int
    currency: str
    start: datetime | None = None
    time_zone: str | None = None
    rider: str = ""
    exclusivity: Exclusivity | None = None
    usage_rights: str = ""
    cancellation_policy: CancellationPolicy | None = None
    """None: as in the terms before, at first the offering's."""
    expires_at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept the newest terms, or the proposed other time, by its version."""

    terms_version: int


@dataclass(frozen=True, slots=True)
class Decline:
    """The agent says no."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The buyer takes it back."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expire:
    """The deadline has passed."""


@dataclass(frozen=True, slots=True)
class StartPayment:
    """Begin to pay a deposit or a balance; the payment is pending at the provider."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Capture:
    """The provider has taken a payment; the claim is made anew and permanent."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class ReturnCapture:
    """The provider has taken a payment that cannot be honoured: it goes back whole."""

    payment_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SettleRefund:
    """The provider has returned one of a payment's refunds, by its place among them."""

    payment_id: str
    place: int


@dataclass(frozen=True, slots=True)
class VoidPayment:
    """The provider takes this payment no more."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class OrderRefund:
    """An admin gives a part of what was taken back, whatever the policy says."""

    amount: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """The buyer disputes a payment at his bank, which holds the money meanwhile."""

    payment_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CloseDispute:
    """The bank has decided: for the house, or for the buyer, who then has all of it back."""

    payment_id: str
    won: bool


@dataclass(frozen=True, slots=True)
class FailPayment:
    """The provider could not take a payment."""

    payment_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReschedule:
    """Propose another time for a confirmed booking."""

    start: datetime
    time_zone: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeclineReschedule:
    """Drop the proposed other time: the other side refuses it, or its own side takes it back."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class LapseReschedule:
    """Nobody answered the proposed other time."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Call a confirmed engagement off."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Complete:
    """The engagement has taken place."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Erase:
    """Who is on one side has left for good, and is forgotten."""

    side: Role
    pseudonym: str


Action = (
    Request
    | Book
    | Offer
    | Accept
    | Decline
    | Withdraw
    | Expire
    | StartPayment
    | Capture
    | ReturnCapture
    | SettleRefund
    | VoidPayment
    | OrderRefund
    | OpenDispute
    | CloseDispute
    | FailPayment
    | ProposeReschedule
    | DeclineReschedule
    | LapseReschedule
    | Cancel
    | Complete
    | Erase
)
