"""The payments' routes: the buyer starts a payment, the provider tells what became of it."""

from dataclasses import dataclass
from typing import Literal

from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.ledger import ledger
from greenroom.bookings.model import Booking, Payment, PaymentKind
from greenroom.bookings.refusals import ExceedsCaptured, Expired, IllegalTransition
from greenroom.bookings.shapes import (
    BookingView,
    LedgerView,
    PaymentRequest,
    PaymentView,
    RefundBody,
    booking_view,
    ledger_view,
    payment_view,
)
from greenroom.gateway.answers import Created, Ok
from greenroom.gateway.requests import Request
from greenroom.gateway.responses import answer_content, answer_headers
from greenroom.gateway.routes import ADMIN, BUYER, PUBLIC, SIGNED_IN, Limit, Routes
from greenroom.identity.principal import Principal
from greenroom.payments.cashier import Cashier
from greenroom.payments.provider import InvalidSignature, ProviderUnavailable
from greenroom.refusals import InvalidInput, NotFound
from greenroom.shapes import View
from greenroom.storage.contention import CalendarBusy
from greenroom.storage.idempotency import Idempotency

routes = Routes("payments")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsApp:
    """What the routes work with."""

    desk: BookingDesk
    cashier: Cashier


class Received(View):
    """The message was acted upon, or needs no action."""

    received: Literal[True] = True


def payable_booking(app: PaymentsApp, principal: Principal, booking_id: str) -> Booking:
    """Load a booking for its buyer; for anyone else it does not exist."""
    booking = app.desk.seen_by(booking_id, principal.user_id, principal.role)
    if booking.party(principal.user_id) is not Role.BUYER:
        raise NotFound
    return booking


def _created(booking: Booking, payment: Payment) -> Created[PaymentView]:
    return Created(
        body=payment_view(payment, Role.BUYER),
        etag=str(booking.version),
        location=f"/v1/bookings/{booking.id}",
    )


def _kept(booking: Booking, payment: Payment) -> tuple[dict[str, str], bytes]:
    answer = _created(booking, payment)
    return answer_headers(answer), answer_content(answer)


@routes.route(
    "POST",
    "/v1/bookings/{booking_id}/payments",
    access=BUYER,
    target=payable_booking,
    idempotent=True,
    if_match="optional",
    errors=(Expired, IllegalTransition, ProviderUnavailable, CalendarBusy),
)
def start_payment(
    target: Booking, body: PaymentRequest, idempotency: Idempotency, app: PaymentsApp
) -> Created[PaymentView]:
    """Start paying a deposit or a balance.

    The `client_secret` is for the provider's own payment form. While a payment is pending the same one is
    given again. The ETag is the booking's.
    """
    return _created(*app.cashier.start(target.id, PaymentKind(body.kind), idempotency, _kept))


def any_booking(app: PaymentsApp, principal: Principal, booking_id: str) -> Booking:
    """Load a booking as it was written last for one of its sides or an admin."""
    return app.desk.known_to(booking_id, principal.user_id, principal.role)


@routes.route(
    "POST",
    "/v1/bookings/{booking_id}/refunds",
    access=ADMIN,
    target=any_booking,
    if_match="required",
    errors=(ExceedsCaptured, CalendarBusy),
)
def order_refund(
    target: Booking, body: RefundBody, principal: Principal, app: PaymentsApp
) -> Created[BookingView]:
    """Give a part of what was paid back, whatever the cancellation policy says.

    As often as wanted, up to what was captured. It is paid back within minutes; until then it is `refund_due`
    of the payment. The version in `If-Match` keeps one order from being carried out twice.
    """
    if body.amount.currency != target.currency:
        raise InvalidInput(f"This booking is in {target.currency}", field="amount.currency")
    action = actions.OrderRefund(body.amount.amount, body.reason or "")
    after = app.desk.step(target, action, Actor(Role.ADMIN, principal.user_id))
    return Created(
        body=booking_view(after, Role.ADMIN),
        etag=str(after.version),
        location=f"/v1/bookings/{after.id}/ledger",
    )


@routes.route("GET", "/v1/bookings/{booking_id}/ledger", access=SIGNED_IN, target=any_booking)
def show_ledger(target: Booking, app: PaymentsApp) -> Ok[LedgerView]:
    """Show every movement of the buyer's money: what was captured, refunded, or taken back by a bank."""
    return Ok(body=ledger_view(target, ledger(target, app.desk.store.events(target.id))))


@routes.route(
    "POST",
    "/v1/webhooks/stripe",
    access=PUBLIC,
    limit=Limit.NONE,
    raw=True,
    errors=(InvalidSignature, CalendarBusy, ProviderUnavailable),
)
def receive_provider_event(request: Request, app: PaymentsApp) -> Ok[Received]:
    """Take a message of the payment provider.

    The signature is verified over the raw bytes. Messages may come twice, late and in any order; each
    has its effect once.
    """
    event = app.cashier.provider.parse_event(request.body(), request.headers.get("stripe-signature", ""))
    app.cashier.receive(event)
    return Ok(body=Received())
