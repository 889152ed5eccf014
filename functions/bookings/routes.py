"""The bookings' routes: book, list, show, the log, and the calendar file. All others are beside it."""

import json
from datetime import UTC, datetime, time

from greenroom.actors import Role
from greenroom.bookings.desk import UnknownOffering, Wish
from greenroom.bookings.inbox import Wanted, find_bookings
from greenroom.bookings.model import Booking, State
from greenroom.bookings.shapes import (
    BookingList,
    BookingRequest,
    BookingView,
    EventList,
    InboxQuery,
    booking_view,
    event_view,
)
from greenroom.calendar.refusals import (
    AmbiguousLocalTime,
    NonexistentLocalTime,
    OutsideAvailability,
    SlotTaken,
)
from greenroom.gateway.answers import Content, Created, Ok
from greenroom.gateway.problems import InvalidCursor
from greenroom.gateway.responses import answer_content, answer_headers
from greenroom.gateway.routes import BUYER, SIGNED_IN
from greenroom.identity.principal import Principal
from greenroom.storage.contention import CalendarBusy
from greenroom.storage.idempotency import Idempotency

from . import ending_routes, negotiation_routes
from .table import BookingsApp, routes, seen_booking

__all__ = ["BookingsApp", "ending_routes", "negotiation_routes", "routes"]


def _created(booking: Booking) -> Created[BookingView]:
    return Created(
        body=booking_view(booking, Role.BUYER),
        etag=str(booking.version),
        location=f"/v1/bookings/{booking.id}",
    )


def _kept(booking: Booking) -> tuple[dict[str, str], bytes]:
    answer = _created(booking)
    return answer_headers(answer), answer_content(answer)


@routes.route(
    "POST",
    "/v1/bookings",
    access=BUYER,
    verified=True,
    idempotent=True,
    errors=(
        SlotTaken,
        OutsideAvailability,
        NonexistentLocalTime,
        AmbiguousLocalTime,
        UnknownOffering,
        CalendarBusy,
    ),
)
def request_booking(
    body: BookingRequest, principal: Principal, idempotency: Idempotency, app: BookingsApp
) -> Created[BookingView]:
    """Book an instant offering, or ask for an offer.

    An instant booking takes the time at once and keeps it until `deadline`, by which the deposit must be
    paid. Of several buyers who want the same time at the same moment exactly one gets it; the others get
    `slot_taken`.
    """
    wish = Wish(
        offering_id=body.offering_id,
        start=body.start,
        time_zone=body.time_zone,
        venue=body.venue or "",
        brief=body.brief or "",
        budget=(body.budget.amount, body.budget.currency) if body.budget else None,
    )
    return _created(app.desk.book(wish, principal.user_id, idempotency, _kept))


@routes.route("GET", "/v1/bookings", access=SIGNED_IN, errors=(InvalidCursor,))
def list_bookings(query: InboxQuery, principal: Principal, app: BookingsApp) -> Ok[BookingList]:
    """List one's bookings by start: a buyer's own, or those on an agent's roster."""
    role = Role(query.role) if query.role else principal.role
    scope = json.dumps(
        ["bookings", principal.user_id, role, query.model_dump_json(exclude={"cursor", "limit"})]
    )
    page = find_bookings(
        app.desk.store,
        role=role,
        user_id=principal.user_id,
        wanted=Wanted(
            state=query.state,
            turn=Role(query.turn) if query.turn else None,
            deadline_before=(
                datetime.combine(query.deadline_before, time(), UTC) if query.deadline_before else None
            ),
        ),
        first=query.from_,
        last=query.to,
        after=app.cursors.open(scope, query.cursor),
        limit=query.limit,
        now=app.desk.clock(),
    )
    return Ok(
        body=BookingList(
            items=[booking_view(booking, role) for booking in page.bookings],
            next_cursor=app.cursors.issue(scope, page.next_key),
        )
    )


@routes.route("GET", "/v1/bookings/{booking_id}", access=SIGNED_IN, target=seen_booking, etag=True)
def show_booking(target: Booking, principal: Principal) -> Ok[BookingView]:
    """Show a booking as it stands now."""
    return Ok(
        # By the side of this booking: who is a buyer today may have been its agent.
        body=booking_view(target, target.party(principal.user_id) or principal.role),
        etag=str(target.version),
        # A deadline ends a booking, or drops proposed terms, before the sweeper raises its version.
        always_whole=target.state is State.EXPIRED or target.has_dropped_terms,
    )


@routes.route("GET", "/v1/bookings/{booking_id}/events", access=SIGNED_IN, target=seen_booking)
def list_events(target: Booking, app: BookingsApp) -> Ok[EventList]:
    """Show the booking's log, the oldest event first."""
    return Ok(body=EventList(items=[event_view(item) for item in app.desk.store.events(target.id)]))


@routes.route(
    "GET",
    "/v1/bookings/{booking_id}/calendar.ics",
    access=SIGNED_IN,
    target=seen_booking,
    produces="text/calendar",
)
def show_calendar_file(target: Booking) -> Content:
    """Give the engagement as a file for a calendar."""
    from greenroom.messaging import calendar_files  # noqa: PLC0415 - saves a start 90 modules: icalendar

    content = calendar_files.publish(target, stamp=datetime.now(UTC))
    return Content(
        content=content,
        content_type=calendar_files.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{target.id}.ics"'},
    )
