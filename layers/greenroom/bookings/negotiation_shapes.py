"""The shapes of a negotiation on the wire: what the sides send, and what they get beyond the booking."""

from typing import Annotated

from pydantic import Field

from greenroom.actors import Role
from greenroom.calendar.intervals import format_instant
from greenroom.shapes import Amount, Body, Currency, Line, Money, Prose, TierView, View

from .exclusivity import LONGEST_DAYS, Conflict
from .shapes import BookingView, Instant, TermsView

When = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="RFC 3339 with an offset, or a wall time that the zone makes definite.",
        examples=["2027-03-05T19:00:00"],
    ),
]
Zone = Annotated[str, Field(min_length=1, max_length=64, description="IANA zone.", examples=["Europe/Paris"])]
MOST_TIERS = 10
_LARGEST_VERSION = 10**6


class ReasonBody(Body):
    """Why; the other side reads it."""

    reason: Line | None = None


class ExclusivityBody(Body):
    """No other engagement within this distance and as many days before and after."""

    radius_km: Annotated[int, Field(ge=0, le=20_000)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class OfferBody(Body):
    """Terms as a whole: what is left out is not a part of them, but for the cancellation policy and the time,
    which stay as they were. Amounts are minor units of `currency`; the deposit is a part of fee and travel.
    """

    fee: Amount
    travel: Amount = 0
    deposit: Amount
    currency: Currency
    start: When | None = None
    time_zone: Zone | None = None
    rider: Prose | None = None
    exclusivity: ExclusivityBody | None = None
    usage_rights: Prose | None = None
    cancellation_policy: Annotated[list[TierView], Field(max_length=MOST_TIERS)] | None = None
    expires_at: When | None = None
    message: Line | None = None


class AcceptBody(Body):
    """Which terms are meant: those that are not the newest are refused."""

    terms_version: Annotated[int, Field(ge=1, le=_LARGEST_VERSION)]


class RescheduleBody(Body):
    """Another time for a confirmed engagement, of the same length."""

    start: When
    time_zone: Zone
    reason: Line | None = None


class ExclusivityWarning(View):
    """Another engagement of the celebrity that the exclusivity of one of the two is about.

    The distance is for people to judge: venues are words.
    """

    booking_id: str
    start: Instant
    days: int
    radius_km: int
    own: Annotated[bool, Field(description="Whether these terms ask for it, or those of the other booking.")]


class OfferedView(BookingView):
    """The booking with its new terms; the agent is warned of what they may break."""

    warnings: list[ExclusivityWarning]


class CancelledView(BookingView):
    """The booking, and what goes back to the buyer."""

    refund: Money


class RefundPreview(View):
    """What cancelling now would return, and the tier of the policy by which; none where none applies."""

    refund: Money
    tier: TierView | None


class TermsVersionView(TermsView):
    """A version of the terms, who wrote it, and when."""

    by: Role
    at: Instant


class TermsList(View):
    """Every version of the terms, the oldest first; numbers of versions are never used twice."""

    items: list[TermsVersionView]
    next_cursor: None = None


def warning_view(conflict: Conflict) -> ExclusivityWarning:
    """Return a conflict as the agent may see it."""
    return ExclusivityWarning(
        booking_id=conflict.booking_id,
        start=format_instant(conflict.start),
        days=conflict.exclusivity.days,
        radius_km=conflict.exclusivity.radius_km,
        own=conflict.own,
    )
