"""The rules of money: payments started, taken, failed and given back; what a cancellation returns."""

from dataclasses import replace
from datetime import datetime

from greenroom.actors import Role
from greenroom.cancellation import refund_by_policy

from . import actions
from .model import Booking, ClaimChange, EventType, Payment, PaymentKind, PaymentState, State
from .outcomes import Outcome, Step, outcome
from .refusals import IllegalTransition


def start_payment(booking: Booking, action: actions.StartPayment, step: Step) -> Outcome:
    """The buyer begins to pay; the provider holds the payment open."""
    payment = action.payment
    wanted = PaymentKind.DEPOSIT if booking.state is State.AWAITING_PAYMENT else PaymentKind.BALANCE
    if payment.kind is not wanted or amount_due(booking, payment.kind) != payment.amount:
        raise IllegalTransition(f"No such {payment.kind} is due")
    started = replace(booking, payments=(*booking.payments, payment))
    return outcome(booking, started, step, EventType.PAYMENT_STARTED, payment_id=payment.id)


def amount_due(booking: Booking, kind: PaymentKind) -> int:
    """Return what is to be paid for a deposit or a balance and has not been; 0 when nothing is."""
    if booking.terms is None:
        return 0
    whole = booking.terms.deposit if kind is PaymentKind.DEPOSIT else booking.terms.balance
    return max(0, whole - booking.captured_of(kind))


def capture(booking: Booking, action: actions.Capture, step: Step) -> Outcome:
    payment = _pending(booking, action.payment_id)
    if payment.kind is not PaymentKind.DEPOSIT:
        return _give_back(booking, payment, step, "this payment was not due")
    if booking.interval.start <= step.now:
        return _give_back(booking, payment, step, "the engagement's time has come before its payment")
    paid = _with_payment(booking, replace(payment, state=PaymentState.CAPTURED))
    confirmed = replace(paid, state=State.CONFIRMED, turn=None, deadline=None)
    return outcome(
        booking, confirmed, step, EventType.CONFIRMED, claim=ClaimChange.TAKE, payment_id=payment.id
    )


def capture_balance(booking: Booking, action: actions.Capture, step: Step) -> Outcome:
    payment = _pending(booking, action.payment_id)
    if payment.kind is not PaymentKind.BALANCE or booking.captured_of(PaymentKind.BALANCE) > 0:
        return _give_back(booking, payment, step, "this was paid before")
    paid = _with_payment(booking, replace(payment, state=PaymentState.CAPTURED))
    return outcome(booking, paid, step, EventType.BALANCE_CAPTURED, payment_id=payment.id)


def capture_late(booking: Booking, action: actions.Capture, step: Step) -> Outcome:
    payment = _pending(booking, action.payment_id)
    return _give_back(booking, payment, step, f"the booking is {booking.state}")


def return_capture(booking: Booking, action: actions.ReturnCapture, step: Step) -> Outcome:
    return _give_back(booking, _pending(booking, action.payment_id), step, action.reason)


def fail_payment(booking: Booking, action: actions.FailPayment, step: Step) -> Outcome:
    payment = _pending(booking, action.payment_id)
    failed = _with_payment(booking, replace(payment, state=PaymentState.FAILED))
    return outcome(
        booking, failed, step, EventType.PAYMENT_FAILED, reason=action.reason, payment_id=payment.id
    )


def settle_refund(booking: Booking, action: actions.SettleRefund, step: Step) -> Outcome:
    """The provider has returned what was owed."""
    payment = booking.payment(action.payment_id)
    if payment is None or payment.refund_due == 0:
        raise IllegalTransition("Nothing is owed for this payment")
    settled = replace(payment, refunded=payment.refunded + payment.refund_due, refund_due=0)
    return outcome(
        booking,
        _with_payment(booking, settled),
        step,
        EventType.REFUNDED,
        payment_id=payment.id,
        refund=payment.refund_due,
    )


def cancel(booking: Booking, action: actions.Cancel, step: Step) -> Outcome:
    if booking.interval.end <= step.now:
        raise IllegalTransition("The engagement is over")
    cancelled = replace(
        _owing(booking, refund_on_cancel(booking, step.actor.role, step.now)),
        state=State.CANCELLED,
        proposal=None,
        turn=None,
        deadline=None,
    )
    return outcome(
        booking,
        cancelled,
        step,
        EventType.CANCELLED,
        claim=ClaimChange.RELEASE,
        reason=action.reason,
        refund=cancelled.returned - booking.returned,
    )


def refund_on_cancel(booking: Booking, role: Role, now: datetime) -> int:
    """Return what a cancellation by that role at ``now`` returns: all when the agent cancels."""
    if role is Role.AGENT:
        return booking.captured - booking.returned
    if booking.terms is None:
        return 0
    # What went back whole was never a payment for this engagement: it earns nothing and costs nothing.
    kept = [payment for payment in booking.payments if payment.kept]
    policy, taken = booking.terms.cancellation_policy, sum(payment.amount for payment in kept)
    earned = refund_by_policy(policy, booking.interval.start, now, taken)
    return max(0, earned - sum(payment.amount - payment.kept for payment in kept))


def _pending(booking: Booking, payment_id: str) -> Payment:
    payment = booking.payment(payment_id)
    if payment is None or payment.state is PaymentState.CAPTURED:
        raise IllegalTransition("The payment is not open")
    return payment


def _with_payment(booking: Booking, changed: Payment) -> Booking:
    payments = tuple(changed if payment.id == changed.id else payment for payment in booking.payments)
    return replace(booking, payments=payments)


def _give_back(booking: Booking, payment: Payment, step: Step, reason: str) -> Outcome:
    returned = replace(payment, state=PaymentState.CAPTURED, refund_due=payment.amount)
    return outcome(
        booking,
        _with_payment(booking, returned),
        step,
        EventType.PAYMENT_RETURNED,
        reason=reason,
        payment_id=payment.id,
        refund=payment.amount,
    )


def _owing(booking: Booking, refund: int) -> Booking:
    """Spread a refund over the captured payments, none beyond what it took."""
    payments = []
    for payment in booking.payments:
        part = min(refund, payment.kept)
        refund -= part
        payments.append(replace(payment, refund_due=payment.refund_due + part))
    return replace(booking, payments=tuple(payments))
