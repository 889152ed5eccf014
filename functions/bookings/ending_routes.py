"""The routes by which a confirmed engagement ends: called off, or taken place."""

from greenroom.actors import Role
from greenroom.bookings import actions
from greenroom.bookings.model import Booking
from greenroom.bookings.negotiation_shapes import CancelledView, ReasonBody, RefundPreview
from greenroom.bookings.refusals import Expired, IllegalTransition
from greenroom.bookings.shapes import BookingView, booking_view
from greenroom.cancellation import tier_at
from greenroom.gateway.answers import Ok
from greenroom.gateway.routes import AGENT, SIGNED_IN
from greenroom.identity.principal import Principal
from greenroom.shapes import Money, TierView
from greenroom.storage.contention import CalendarBusy

from .table import BookingsApp, acted_booking, actor_in, routes

_ONE = "/v1/bookings/{booking_id}"


@routes.route(
    "GET",
    f"{_ONE}/refund-preview",
    access=SIGNED_IN,
    target=acted_booking,
    errors=(IllegalTransition, Expired),
)
def preview_refund(target: Booking, principal: Principal, app: BookingsApp) -> Ok[RefundPreview]:
    """Show what would go back to the buyer if the one who asks cancelled now.

    When the agent cancels all of it goes back, whatever the policy says.
    """
    actor = actor_in(target, principal)
    decided = app.desk.decide(target, actions.Cancel(), actor)
    tier = None
    if actor.role is not Role.AGENT and target.terms is not None:
        tier = tier_at(target.terms.cancellation_policy, target.interval.start, decided.event.at)
    return Ok(
        body=RefundPreview(
            refund=Money(amount=decided.event.changes["refund"], currency=target.currency),
            tier=TierView(days_before=tier.days_before, refund_share=tier.refund_share) if tier else None,
        )
    )


@routes.route(
    "POST",
    f"{_ONE}/cancel",
    access=SIGNED_IN,
    target=acted_booking,
    if_match="required",
    errors=(IllegalTransition, Expired, CalendarBusy),
)
def cancel(target: Booking, body: ReasonBody, principal: Principal, app: BookingsApp) -> Ok[CancelledView]:
    """Call a confirmed engagement off; its time is free again.

    What goes back to the buyer is what the policy of the accepted terms says, or all of it when the agent
    cancels. It is paid back within minutes.
    """
    actor = actor_in(target, principal)
    after = app.desk.step(target, actions.Cancel(body.reason or ""), actor)
    refund = Money(amount=after.returned - target.returned, currency=after.currency)
    return Ok(
        body=CancelledView(**dict(booking_view(after, actor.role)), refund=refund), etag=str(after.version)
    )


@routes.route(
    "POST",
    f"{_ONE}/complete",
    access=AGENT,
    target=acted_booking,
    if_match="required",
    errors=(IllegalTransition, Expired, CalendarBusy),
)
def complete(target: Booking, body: ReasonBody, principal: Principal, app: BookingsApp) -> Ok[BookingView]:
    """Say that the engagement has taken place."""
    actor = actor_in(target, principal)
    after = app.desk.step(target, actions.Complete(body.reason or ""), actor)
    return Ok(body=booking_view(after, actor.role), etag=str(after.version))
