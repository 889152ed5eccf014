"""The one route table of the function, and what its routes work with."""

from dataclasses import dataclass

from greenroom.actors import Actor, Role
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.model import Booking
from greenroom.bookings.refusals import WrongSide
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.routes import Routes
from greenroom.identity.principal import Principal

routes = Routes("bookings")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingsApp:
    """What the routes work with."""

    desk: BookingDesk
    cursors: Cursors


def seen_booking(app: BookingsApp, principal: Principal, booking_id: str) -> Booking:
    """Load a booking as it stands now for one of its sides or an admin; for anyone else it does not exist."""
    return app.desk.seen_by(booking_id, principal.user_id, principal.role)


def acted_booking(app: BookingsApp, principal: Principal, booking_id: str) -> Booking:
    """Load a booking to act upon, as it was written last: what time has made of it is the rules' to say."""
    return app.desk.known_to(booking_id, principal.user_id, principal.role)


def actor_in(booking: Booking, principal: Principal) -> Actor:
    """Return who acts: by the side of this booking, as who is an agent today may have been its buyer.

    The agent's side takes an agent: raises ``WrongSide`` for who was one and is a buyer now. He still sees
    the booking, but must not bind, or pay back from, a roster that was taken from him. Who has become an
    admin acts as one.
    """
    side = booking.party(principal.user_id)
    if side is not Role.AGENT or principal.role is Role.AGENT:
        return Actor(side or principal.role, principal.user_id)
    if principal.role is not Role.ADMIN:
        raise WrongSide
    return Actor(Role.ADMIN, principal.user_id)
