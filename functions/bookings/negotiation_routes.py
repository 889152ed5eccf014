"""The routes of a negotiation: offers and counter-offers, acceptance, other times, and the terms so far.

Every step names the version that its caller knows (``If-Match``): nobody agrees to what he has not seen.
"""

from datetime import datetime

from greenroom.actors import Role
from greenroom.bookings import actions
from greenroom.bookings.exclusivity import LONGEST_DAYS, conflicts
from greenroom.bookings.inbox import bookings_near
from greenroom.bookings.model import Booking
from greenroom.bookings.negotiation_shapes import (
    AcceptBody,
    OfferBody,
    OfferedView,
    ReasonBody,
    RescheduleBody,
    TermsList,
    TermsVersionView,
    warning_view,
)
from greenroom.bookings.refusals import Expired, IllegalTransition, NotYourTurn, TermsChanged
from greenroom.bookings.shapes import BookingView, booking_view
from greenroom.bookings.terms import Exclusivity
from greenroom.calendar.refusals import AmbiguousLocalTime, NonexistentLocalTime, SlotTaken
from greenroom.calendar.zones import find_zone, resolve_start
from greenroom.cancellation import Tier
from greenroom.gateway.answers import Created, Ok
from greenroom.gateway.routes import AGENT, BUYER, SIGNED_IN
from greenroom.identity.principal import Principal
from greenroom.storage.contention import CalendarBusy

from .table import BookingsApp, acted_booking, actor_in, routes, seen_booking

_ONE = "/v1/bookings/{booking_id}"
_WRONG_MOMENT = (IllegalTransition, Expired, CalendarBusy)
_WRONG_TIME = (SlotTaken, NonexistentLocalTime, AmbiguousLocalTime)


def _instant(text: str | None, zone: str, field: str) -> datetime | None:
    return resolve_start(text, zone, field=field) if text is not None else None


def _offer(body: OfferBody, booking: Booking) -> actions.Offer:
    zone = find_zone(body.time_zone or booking.time_zone).key
    return actions.Offer(
        fee=body.fee,
        travel=body.travel,
        deposit=body.deposit,
        currency=body.currency,
        start=_instant(body.start, zone, "start"),
        time_zone=zone,
        rider=body.rider or "",
        exclusivity=(
            Exclusivity(body.exclusivity.radius_km, body.exclusivity.days) if body.exclusivity else None
        ),
        usage_rights=body.usage_rights or "",
        cancellation_policy=(
            None
            if body.cancellation_policy is None
            else tuple(Tier(tier.days_before, tier.refund_share) for tier in body.cancellation_policy)
        ),
        expires_at=_instant(body.expires_at, zone, "expires_at"),
        message=body.message or "",
    )


@routes.route(
    "POST",
    f"{_ONE}/offers",
    access=BUYER | AGENT,
    target=acted_booking,
    if_match="required",
    errors=(NotYourTurn, *_WRONG_MOMENT, *_WRONG_TIME),
)
def make_offer(
    target: Booking, body: OfferBody, principal: Principal, app: BookingsApp
) -> Created[OfferedView]:
    """Offer terms, or answer an offer with other terms.

    The agent makes the first offer; from then on the side whose `turn` it is may answer with a counter-offer.
    An offer takes the celebrity's time until it expires; one for another time gives back the old time and
    takes the new one in one step, or changes nothing. The agent is warned of other engagements that the
    exclusivity of either is about.
    """
    action, actor = _offer(body, target), actor_in(target, principal)
    decided = app.desk.decide(target, action, actor).booking
    warnings = []
    if actor.role is Role.AGENT and decided.terms is not None:
        others = bookings_near(
            app.desk.store,
            celebrity_id=target.celebrity_id,
            agent_id=target.agent_id,
            interval=decided.interval,
            days=LONGEST_DAYS,
            now=app.desk.clock(),
        )
        found = conflicts(target.id, decided.interval, decided.terms.exclusivity, others)
        warnings = [warning_view(conflict) for conflict in found]
    offered = app.desk.step(target, action, actor)
    return Created(
        body=OfferedView(**dict(booking_view(offered, actor.role)), warnings=warnings),
        etag=str(offered.version),
        location=f"/v1/bookings/{offered.id}/terms",
    )


def _take(target: Booking, action: actions.Action, principal: Principal, app: BookingsApp) -> Ok[BookingView]:
    actor = actor_in(target, principal)
    after = app.desk.step(target, action, actor)
    return Ok(body=booking_view(after, actor.role), etag=str(after.version))


@routes.route(
    "POST",
    f"{_ONE}/accept",
    access=BUYER | AGENT,
    target=acted_booking,
    if_match="required",
    errors=(NotYourTurn, TermsChanged, SlotTaken, *_WRONG_MOMENT),
)
def accept(target: Booking, body: AcceptBody, principal: Principal, app: BookingsApp) -> Ok[BookingView]:
    """Accept the newest terms, or the proposed other time, by version.

    Accepted terms never change. Where they have a deposit it must be paid by `deadline`; else the booking is
    confirmed at once.
    """
    return _take(target, actions.Accept(body.terms_version), principal, app)


@routes.route(
    "POST",
    f"{_ONE}/decline",
    access=AGENT,
    target=acted_booking,
    if_match="required",
    errors=_WRONG_MOMENT,
)
def decline(target: Booking, body: ReasonBody, principal: Principal, app: BookingsApp) -> Ok[BookingView]:
    """Say no to a booking that is not confirmed yet; its time is free again."""
    return _take(target, actions.Decline(body.reason or ""), principal, app)


@routes.route(
    "POST",
    f"{_ONE}/withdraw",
    access=BUYER,
    target=acted_booking,
    if_match="required",
    errors=_WRONG_MOMENT,
)
def withdraw(target: Booking, body: ReasonBody, principal: Principal, app: BookingsApp) -> Ok[BookingView]:
    """Take back a booking that is not confirmed yet; its time is free again."""
    return _take(target, actions.Withdraw(body.reason or ""), principal, app)


@routes.route(
    "POST",
    f"{_ONE}/reschedule",
    access=BUYER | AGENT,
    target=acted_booking,
    if_match="required",
    errors=(NotYourTurn, NonexistentLocalTime, AmbiguousLocalTime, *_WRONG_MOMENT),
)
def propose_reschedule(
    target: Booking, body: RescheduleBody, principal: Principal, app: BookingsApp
) -> Ok[BookingView]:
    """Propose another time for a confirmed engagement.

    Nothing moves until the other side accepts the proposal's terms by version. It lapses after seven days,
    or at the start.
    """
    action = actions.ProposeReschedule(
        start=resolve_start(body.start, body.time_zone), time_zone=body.time_zone, reason=body.reason or ""
    )
    return _take(target, action, principal, app)


@routes.route(
    "POST",
    f"{_ONE}/reschedule/decline",
    access=BUYER | AGENT,
    target=acted_booking,
    if_match="required",
    errors=_WRONG_MOMENT,
)
def decline_reschedule(
    target: Booking, body: ReasonBody, principal: Principal, app: BookingsApp
) -> Ok[BookingView]:
    """Drop the proposed other time: the other side refuses it, or its own side takes it back."""
    return _take(target, actions.DeclineReschedule(body.reason or ""), principal, app)


@routes.route("GET", f"{_ONE}/terms", access=SIGNED_IN, target=seen_booking)
def list_terms(target: Booking, app: BookingsApp) -> Ok[TermsList]:
    """Show every version of the terms, the oldest first, with who wrote it."""
    written = [event for event in app.desk.store.events(target.id) if "terms" in event["changes"]]
    return Ok(
        body=TermsList(
            items=[
                TermsVersionView(**event["changes"]["terms"], by=Role(event["actor"]["role"]), at=event["at"])
                for event in written
            ]
        )
    )
