"""The rules of money: payments started, taken, failed and given back; what a cancellation returns."""

from dataclasses import replace
from datetime import datetime, timedelta

from greenroom.actors import Role
from greenroom.cancellation import refund_by_policy
from greenroom.money import check_payable, payable_unit

from . import actions
from .model import (
    Booking,
    ClaimChange,
    Dispute,
    EventType,
    Payment,
    PaymentKind,
    PaymentState,
    Refund,
    State,
)
from .outcomes import Outcome, Step, outcome
from .refusals import ExceedsCaptured, IllegalTransition

_BALANCE_AHEAD = timedelta(days=14)

MOST_PAYMENTS = 50
"""Payments that may be started for one booking: they are all in its item, which has a largest size."""

PAYABLE = {
    State.AWAITING_PAYMENT: PaymentKind.DEPOSIT,
    State.CONFIRMED: PaymentKind.BALANCE,
    State.COMPLETED: PaymentKind.BALANCE,
}
"""What may be paid in which state."""


def start_payment(booking: Booking, action: actions.StartPayment, step: Step) -> Outcome:
    """The buyer begins to pay; the provider holds the payment open."""
    payment = action.payment
    due = amount_due(booking, payment.kind)
    if payment.kind is not PAYABLE.get(booking.state) or not 0 < payment.amount == due:
        raise IllegalTransition(f"No such {payment.kind} is due")
    if len(booking.payments) >= MOST_PAYMENTS:
        raise IllegalTransition(f"{MOST_PAYMENTS} payments have been started for this booking")
    started = replace(booking, payments=(*booking.payments, payment))
    return outcome(booking, started, step, EventType.PAYMENT_STARTED, payment_id=payment.id)


def amount_due(booking: Booking, kind: PaymentKind) -> int:
    """Return what is to be paid for a deposit or a balance and has not been; 0 when nothing is."""
    if booking.terms is None:
        return 0
    whole = booking.terms.deposit if kind is PaymentKind.DEPOSIT else booking.terms.balance
    return max(0, whole - booking.paid(kind))


def balance_due_at(booking: Booking) -> datetime:
    """Return when the balance should be paid: two weeks ahead, or at once where it was booked later.

    Nothing happens to an engagement whose balance is late: whether to cancel is for the sides to say.
    """
    return max(booking.created_at, booking.interval.start - _BALANCE_AHEAD)


def is_outdated(booking: Booking, payment: Payment, now: datetime) -> bool:
    """Tell whether an open payment must not be paid any more. ``booking`` is as it was written last."""
    if not payment.is_open:
        return False
    if PAYABLE.get(booking.state) is not payment.kind:
        return True
    until = booking.deadline if payment.kind is PaymentKind.DEPOSIT else payment.open_until
    return until is not None and until <= now


def due_at(booking: Booking, written_at: datetime) -> datetime | None:
    """Return when a booking must be looked at though nobody asks for it; None: never.

    At its deadline; at the end of an open payment; at once where money is owed back or an open payment
    has outlived what it was for.
    """
    moments = [booking.deadline]
    for payment in booking.payments:
        if payment.owed or (payment.is_open and PAYABLE.get(booking.state) is not payment.kind):
            moments.append(written_at)
        elif payment.is_open:
            moments.append(payment.open_until)
    return min(filter(None, moments), default=None)


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
    if payment.kind is not PaymentKind.BALANCE or booking.paid(PaymentKind.BALANCE) > 0:
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


def void_payment(booking: Booking, action: actions.VoidPayment, step: Step) -> Outcome:
    payment = _pending(booking, action.payment_id)
    if payment.state is PaymentState.VOIDED:
        raise IllegalTransition("The payment is not open")
    voided = _with_payment(booking, replace(payment, state=PaymentState.VOIDED))
    return outcome(booking, voided, step, EventType.PAYMENT_VOIDED, payment_id=payment.id)


def settle_refund(booking: Booking, action: actions.SettleRefund, step: Step) -> Outcome:
    """The provider has returned what was owed.

    Not only what may be asked for now: what went out just before a bank asked for the money has gone, and
    would be paid twice if it were promised still when the bank has decided.
    """
    payment = booking.payment(action.payment_id)
    promised = dict(enumerate(payment.refunds)).get(action.place) if payment else None
    if payment is None or promised is None or promised.settled:
        raise IllegalTransition("Nothing is owed for this payment")
    refunds = list(payment.refunds)
    refunds[action.place] = replace(refunds[action.place], settled=True)
    return outcome(
        booking,
        _with_payment(booking, replace(payment, refunds=tuple(refunds))),
        step,
        EventType.REFUNDED,
        payment_id=payment.id,
        refund=refunds[action.place].amount,
    )


def order_refund(booking: Booking, action: actions.OrderRefund, step: Step) -> Outcome:
    """An admin's refund: up to all that is kept, in as many parts as it takes."""
    if not 0 < action.amount <= booking.captured - booking.returned:
        raise ExceedsCaptured(field="amount.amount")
    check_payable(action.amount, booking.currency, field="amount.amount")
    return outcome(
        booking,
        _owing(booking, action.amount),
        step,
        EventType.REFUND_ORDERED,
        reason=action.reason,
        refund=action.amount,
    )


def open_dispute(booking: Booking, action: actions.OpenDispute, step: Step) -> Outcome:
    payment = _captured(booking, action.payment_id)
    if payment.dispute is not None:
        raise IllegalTransition("The payment is disputed already")
    disputed = _with_payment(booking, replace(payment, dispute=Dispute.OPEN))
    return outcome(
        booking,
        disputed,
        step,
        EventType.PAYMENT_DISPUTED,
        reason=action.reason,
        payment_id=payment.id,
        amount=payment.amount,
    )


def close_dispute(booking: Booking, action: actions.CloseDispute, step: Step) -> Outcome:
    """What the bank gave the buyer is a refund that has been paid; it also pays what was promised him."""
    payment = _captured(booking, action.payment_id)
    if payment.dispute in (Dispute.WON, Dispute.LOST):
        raise IllegalTransition("The dispute is closed already")
    closed = replace(payment, dispute=Dispute.WON if action.won else Dispute.LOST)
    taken_back = 0 if action.won else payment.amount - payment.refunded
    if taken_back:
        settled = tuple(refund for refund in payment.refunds if refund.settled)
        closed = replace(closed, refunds=(*settled, Refund(taken_back, settled=True)))
    return outcome(
        booking,
        _with_payment(booking, closed),
        step,
        EventType.DISPUTE_CLOSED,
        payment_id=payment.id,
        won=action.won,
        taken_back=taken_back,
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
    # What was not due was never a payment for this engagement: it earns nothing and costs nothing.
    paid = [
        payment for payment in booking.payments if payment.state is PaymentState.CAPTURED and payment.honoured
    ]
    policy, taken = booking.terms.cancellation_policy, sum(payment.amount for payment in paid)
    earned = refund_by_policy(policy, booking.interval.start, now, taken, payable_unit(booking.currency))
    return max(0, earned - sum(payment.amount - payment.kept for payment in paid))


def _pending(booking: Booking, payment_id: str) -> Payment:
    payment = booking.payment(payment_id)
    if payment is None or payment.state is PaymentState.CAPTURED:
        raise IllegalTransition("The payment is not open")
    return payment


def _captured(booking: Booking, payment_id: str) -> Payment:
    payment = booking.payment(payment_id)
    if payment is None or payment.state is not PaymentState.CAPTURED:
        raise IllegalTransition("The payment has not been taken")
    return payment


def _with_payment(booking: Booking, changed: Payment) -> Booking:
    payments = tuple(changed if payment.id == changed.id else payment for payment in booking.payments)
    return replace(booking, payments=payments)


def _give_back(booking: Booking, payment: Payment, step: Step, reason: str) -> Outcome:
    returned = replace(
        payment, state=PaymentState.CAPTURED, honoured=False, refunds=(Refund(payment.amount),)
    )
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
        payments.append(replace(payment, refunds=(*payment.refunds, Refund(part))) if part else payment)
    return replace(booking, payments=tuple(payments))
