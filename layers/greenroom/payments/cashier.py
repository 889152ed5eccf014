"""The cashier: starts payments, and turns the provider's messages into transitions of the booking.

The provider repeats a message until it is answered with success, in any order and at any time. So each
message is decided upon the booking as it is, its id is written with its effect, and what is owed back is
returned before the message is acknowledged: a crash anywhere leaves work that the next delivery finishes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenroom.actors import PROVIDER, Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.model import Booking, Payment, PaymentKind, PaymentState, State
from greenroom.bookings.refusals import Expired, IllegalTransition
from greenroom.bookings.settlement import amount_due
from greenroom.bookings.transitions import as_of
from greenroom.calendar.refusals import SlotTaken
from greenroom.identifiers import is_id, owned_id
from greenroom.refusals import NotFound, Unavailable
from greenroom.storage import keys
from greenroom.storage.contention import attempt
from greenroom.storage.idempotency import Idempotency
from greenroom.storage.writes import NEW, Put
from greenroom.telemetry.logs import log_business, log_security
from greenroom.telemetry.metrics import record_payment

from .provider import PaymentProvider, ProviderEvent

_KEEP_EVENTS = timedelta(days=90)
_PAYABLE = {State.AWAITING_PAYMENT: PaymentKind.DEPOSIT, State.CONFIRMED: PaymentKind.BALANCE}

PaymentAnswer = Callable[[Booking, Payment], tuple[dict[str, str], bytes]]


@dataclass(frozen=True, slots=True)
class Cashier:
    """Takes and returns money for bookings."""

    desk: BookingDesk
    provider: PaymentProvider
    clock: Callable[[], datetime]

    def start(
        self, booking_id: str, kind: PaymentKind, idempotency: Idempotency, answer: PaymentAnswer
    ) -> tuple[Booking, Payment]:
        """Open a payment at the provider and record it; a pending one of the same kind is given again.

        Raises ``Expired`` or ``IllegalTransition`` when nothing of that kind is due, ``Replayed`` for a
        request that was answered before.
        """
        return attempt(lambda: self._start(booking_id, kind, idempotency, answer))

    def _start(
        self, booking_id: str, kind: PaymentKind, idempotency: Idempotency, answer: PaymentAnswer
    ) -> tuple[Booking, Payment]:
        store = self.desk.store
        booking = store.get(booking_id)
        # Read after the booking: what this very request has changed there, it has answered as well.
        found = store.tables.get(store.table, idempotency.key)
        idempotency.replay(found)
        self._demand_due(as_of(booking, self.clock()), kind)
        pending = next(
            (p for p in booking.payments if p.kind is kind and p.state is PaymentState.PENDING), None
        )
        if pending is not None:
            headers, body = answer(booking, pending)
            store.tables.write(
                idempotency.record(store.table, status=201, headers=headers, body=body, stored=found)
            )
            return booking, pending
        payment = self._open(booking, kind)
        actor = Actor(Role.BUYER, booking.buyer_id)

        def record(after: Booking) -> Put:
            headers, body = answer(after, payment)
            return idempotency.record(store.table, status=201, headers=headers, body=body, stored=found)

        outcome = self.desk.decide(booking, actions.StartPayment(payment), actor)
        store.commit(outcome, [], record(outcome.booking))
        record_payment("started", payment.amount, payment.currency)
        return outcome.booking, payment

    def _demand_due(self, booking: Booking, kind: PaymentKind) -> None:
        if booking.state is State.EXPIRED:
            raise Expired
        if _PAYABLE.get(booking.state) is not kind or amount_due(booking, kind) == 0:
            raise IllegalTransition(f"No {kind} is due for a booking that is {booking.state}")

    def _open(self, booking: Booking, kind: PaymentKind) -> Payment:
        number = sum(payment.kind is kind for payment in booking.payments) + 1
        # The id follows from the booking, so that an attempt cut short finds its own payment again.
        payment_id = owned_id("pay", booking.id, f"{kind.value[0].upper()}{number:02d}")
        amount = amount_due(booking, kind)
        intent = self.provider.create(
            amount=amount, currency=booking.currency, booking_id=booking.id, payment_id=payment_id
        )
        return Payment(
            id=payment_id,
            kind=kind,
            state=PaymentState.PENDING,
            amount=amount,
            currency=booking.currency,
            provider_id=intent.id,
            client_secret=intent.client_secret,
        )

    def receive(self, event: ProviderEvent) -> None:
        """Act on a message of the provider, once for each event and payment, however often it comes."""
        if event.type == "other" or not is_id(event.booking_id, "bkg"):
            return
        try:
            booking = attempt(lambda: self._take(event))
        except NotFound:
            log_security("payment_unknown_booking", "WARN", provider_event=event.id)
            return
        if booking is not None:
            self._return_what_is_owed(booking)

    def _take(self, event: ProviderEvent) -> Booking | None:
        booking = self.desk.store.get(event.booking_id)
        payment = booking.payment(event.payment_id)
        if payment is None:
            # The provider was faster than our own transaction: it will ask again.
            raise Unavailable("The payment is not recorded yet", retry_after=2)
        if payment.state is PaymentState.CAPTURED:
            return booking
        if event.type == "failed":
            return self._failed(booking, payment, event)
        return self._captured(booking, payment, event)

    def _failed(self, booking: Booking, payment: Payment, event: ProviderEvent) -> Booking | None:
        if payment.state is not PaymentState.PENDING:
            return None
        action = actions.FailPayment(payment.id, event.reason)
        after = self.desk.apply_to(booking, action, PROVIDER, self._seen(event))
        record_payment("failed", payment.amount, payment.currency)
        return after

    def _captured(self, booking: Booking, payment: Payment, event: ProviderEvent) -> Booking:
        if (event.amount, event.currency) != (payment.amount, payment.currency):
            log_security("payment_amount_mismatch", "CRITICAL", booking_id=booking.id, payment_id=payment.id)
            raise Unavailable("The captured amount is not the one asked for")
        try:
            after = self.desk.apply_to(booking, actions.Capture(payment.id), PROVIDER, self._seen(event))
        except SlotTaken:
            action = actions.ReturnCapture(payment.id, "the time was taken before the payment came")
            after = self.desk.apply_to(booking, action, PROVIDER, self._seen(event))
        record_payment("captured", payment.amount, payment.currency)
        log_business(
            "payment_captured", booking_id=booking.id, payment_id=payment.id, state=after.state.value
        )
        return after

    def _return_what_is_owed(self, booking: Booking) -> None:
        for payment in booking.payments:
            if payment.refund_due:
                # The key names what was returned before, so that a repetition is the same refund.
                self.provider.refund(
                    intent_id=payment.provider_id,
                    amount=payment.refund_due,
                    currency=payment.currency,
                    key=f"{payment.id}:{payment.refunded}",
                )
                try:
                    self.desk.apply(booking.id, actions.SettleRefund(payment.id), PROVIDER)
                except IllegalTransition:
                    continue  # another delivery of the same message has just settled it
                record_payment("returned", payment.refund_due, payment.currency)
                log_business("payment_refunded", booking_id=booking.id, payment_id=payment.id)

    def _seen(self, event: ProviderEvent) -> Put:
        expires = self.clock() + _KEEP_EVENTS
        item = {
            **keys.provider_event(event.id)._asdict(),
            "booking_id": event.booking_id,
            "payment_id": event.payment_id,
            "ttl": int(expires.timestamp()),
        }
        return Put(self.desk.store.table, item, when=NEW)
