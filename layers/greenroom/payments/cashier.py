"""The cashier: starts payments, and turns the provider's messages into transitions of the booking.

The provider repeats a message until it is answered with success, in any order and at any time. So each
message is decided upon the booking as it is, its id is written with its effect, and what is owed back is
returned before the message is acknowledged: a crash anywhere leaves work that the next delivery finishes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from greenroom.actors import CLOCK, PROVIDER, Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.model import Booking, Dispute, Payment, PaymentKind, PaymentState, State
from greenroom.bookings.refusals import Expired, IllegalTransition
from greenroom.bookings.settlement import PAYABLE, amount_due, is_outdated
from greenroom.bookings.transitions import as_of
from greenroom.calendar.refusals import SlotTaken
from greenroom.identifiers import is_id, owned_id
from greenroom.refusals import NotFound, Unavailable
from greenroom.storage import keys
from greenroom.storage.contention import attempt
from greenroom.storage.idempotency import Idempotency
from greenroom.storage.writes import NEW, Put
from greenroom.telemetry.logs import log_business, log_security
from greenroom.telemetry.metrics import PaymentOutcome, record_payment

from .provider import PaymentProvider, ProviderEvent, ProviderUnavailable

_KEEP_EVENTS = timedelta(days=90)

_DECIDED = frozenset({Dispute.WON, Dispute.LOST})
_AFTER: Mapping[str, frozenset[Dispute]] = {
    "disputed": _DECIDED | {Dispute.OPEN},
    "dispute_won": _DECIDED,
    "dispute_lost": _DECIDED,
}
"""What a dispute has come to when a message of it is an old one."""

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
            (
                each
                for each in booking.payments
                if each.kind is kind
                and each.state is PaymentState.PENDING
                and not is_outdated(booking, each, self.clock())
            ),
            None,
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
        if PAYABLE.get(booking.state) is not kind or amount_due(booking, kind) == 0:
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
            open_until=self._open_until(kind),
        )

    def _open_until(self, kind: PaymentKind) -> datetime | None:
        if kind is PaymentKind.DEPOSIT:
            return None
        return (self.clock() + self.desk.policy.balance_open).replace(microsecond=0)

    def receive(self, event: ProviderEvent) -> None:
        """Act on a message of the provider, once for each event and payment, however often it comes."""
        if event.intent_id and not event.booking_id:
            event = self._named(event)
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
        if event.type in ("disputed", "dispute_won", "dispute_lost"):
            return self._disputed(booking, payment, event)
        if payment.state is PaymentState.CAPTURED:
            return booking
        if event.type == "failed":
            return self._failed(booking, payment, event)
        return self._captured(booking, payment, event)

    def _named(self, event: ProviderEvent) -> ProviderEvent:
        """Ask the provider which payment of ours its own id stands for."""
        known = self.provider.find(event.intent_id)
        return replace(event, booking_id=known.booking_id, payment_id=known.payment_id)

    def _failed(self, booking: Booking, payment: Payment, event: ProviderEvent) -> Booking | None:
        if payment.state is not PaymentState.PENDING:
            return None
        action = actions.FailPayment(payment.id, event.reason)
        after = self.desk.apply_to(booking, action, PROVIDER, self._seen(event))
        record_payment("failed", payment.amount, payment.currency)
        return after

    def _disputed(self, booking: Booking, payment: Payment, event: ProviderEvent) -> Booking | None:
        action, outcome = _dispute_step(payment.id, event)
        if payment.state is not PaymentState.CAPTURED:
            # A dispute of what we do not know to be taken: the message of the capture is still to come.
            raise Unavailable("The capture is not recorded yet", retry_after=2)
        if payment.dispute in _AFTER[event.type]:
            return booking
        after = self.desk.apply_to(booking, action, PROVIDER, self._seen(event))
        record_payment(outcome, payment.amount, payment.currency)
        log_business(f"payment_{outcome}", booking_id=booking.id, payment_id=payment.id)
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

    def follow_up(self, booking: Booking) -> None:
        """Settle with the provider what nobody asks for: payments that are over, and what is owed back.

        A payment whose time has passed is ended at the provider, who knows whether it was paid after all:
        so a message that never came is made up for. ``booking`` is as it was read; what somebody else has
        done meanwhile is left as it is.
        """
        now = self.clock()
        outdated = [payment for payment in booking.payments if is_outdated(booking, payment, now)]

        def return_what_is_owed() -> None:
            self._return_what_is_owed(self.desk.store.get(booking.id) if outdated else booking)

        _try_each([*(partial(self._end, booking, payment) for payment in outdated), return_what_is_owed])

    def _end(self, booking: Booking, payment: Payment) -> None:
        found = self.provider.void(payment.provider_id)
        if found.state == "captured":
            log_business("payment_reconciled", booking_id=booking.id, payment_id=payment.id)
            told = ProviderEvent(
                id=f"found:{payment.id}",
                type="captured",
                booking_id=booking.id,
                payment_id=payment.id,
                amount=found.amount,
                currency=found.currency,
            )
            attempt(lambda: self._take(told))
            return
        if found.state == "open":
            # A bank is still at it: to call it ended would be to ask no more, and what is taken then and not
            # told of would be lost. It stays due, so the next sweep asks again.
            return
        try:
            self.desk.apply(booking.id, actions.VoidPayment(payment.id), CLOCK)
        except IllegalTransition:
            return  # somebody else has just ended it, or it was taken
        record_payment("voided", payment.amount, payment.currency)

    def _return_what_is_owed(self, booking: Booking) -> None:
        _try_each(
            partial(self._return, booking.id, payment, place)
            for payment in booking.payments
            for place in payment.owed
        )

    def _return(self, booking_id: str, payment: Payment, place: int) -> None:
        amount = payment.refunds[place].amount
        # The key names this very refund, so that a repetition is the same one.
        self.provider.refund(
            intent_id=payment.provider_id,
            amount=amount,
            currency=payment.currency,
            key=f"{payment.id}:{place}",
        )
        try:
            self.desk.apply(booking_id, actions.SettleRefund(payment.id, place), PROVIDER)
        except IllegalTransition:
            return  # another delivery of the same message has just settled it
        record_payment("returned", amount, payment.currency)
        log_business("payment_refunded", booking_id=booking_id, payment_id=payment.id)

    def _seen(self, event: ProviderEvent) -> Put:
        expires = self.clock() + _KEEP_EVENTS
        item = {
            **keys.provider_event(event.id)._asdict(),
            "booking_id": event.booking_id,
            "payment_id": event.payment_id,
            "ttl": int(expires.timestamp()),
        }
        return Put(self.desk.store.table, item, when=NEW)


def _try_each(steps: Iterable[Callable[[], None]]) -> None:
    """Take every step, whether or not one before it failed, and then raise the first failure.

    One refusal of the provider's is about one payment. Where nobody answers, no other step is tried.
    """
    failures = []
    for step in steps:
        try:
            step()
        except ProviderUnavailable:
            raise
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _dispute_step(payment_id: str, event: ProviderEvent) -> tuple[actions.Action, PaymentOutcome]:
    match event.type:
        case "disputed":
            return actions.OpenDispute(payment_id, event.reason), "disputed"
        case "dispute_won":
            return actions.CloseDispute(payment_id, won=True), "dispute_won"
        case _:
            return actions.CloseDispute(payment_id, won=False), "dispute_lost"
