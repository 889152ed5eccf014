"""What the provider's messages do to a booking: taken, failed, too much, too late, given back."""

from dataclasses import replace

import pytest

from greenroom.actors import PROVIDER
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, EventType, Payment, PaymentKind, PaymentState, State
from greenroom.bookings.outcomes import Outcome
from greenroom.bookings.refusals import IllegalTransition
from greenroom.bookings.settlement import MOST_PAYMENTS, amount_due, is_outdated
from greenroom.cancellation import Tier
from greenroom.refusals import InvalidInput
from tests.unit.bookings.samples import ADMIN, BUYER, NOW, PAID, booking, owed, payment, refunded, step, terms

DEPOSIT, BALANCE = PaymentKind.DEPOSIT, PaymentKind.BALANCE
CAPTURED, FAILED = PaymentState.CAPTURED, PaymentState.FAILED


def _capture(before: Booking, number: int = -1) -> Outcome:
    return step(before, actions.Capture(before.payments[number].id), PROVIDER)


def test_a_deposit_confirms_and_what_remains_is_the_balance() -> None:
    awaiting = booking(State.AWAITING_PAYMENT, payments=(payment(),))
    assert (amount_due(awaiting, DEPOSIT), amount_due(awaiting, BALANCE)) == (25_000, 100_000)

    confirmed = _capture(awaiting).booking

    assert confirmed.state is State.CONFIRMED
    assert (amount_due(confirmed, DEPOSIT), amount_due(confirmed, BALANCE)) == (0, 100_000)
    assert (confirmed.captured, confirmed.returned) == (25_000, 0)


def test_nothing_is_due_before_there_are_terms() -> None:
    assert amount_due(booking(State.REQUESTED), DEPOSIT) == 0


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.AWAITING_PAYMENT, payment(BALANCE)),
        (State.AWAITING_PAYMENT, payment(amount=24_999)),
        (State.CONFIRMED, payment(number=2)),
        (State.CONFIRMED, payment(BALANCE, amount=100_001)),
    ],
    ids=["balance before the deposit", "too little", "deposit again", "too much"],
)
def test_only_what_is_due_can_be_paid(state: State, offered: object) -> None:
    with pytest.raises(IllegalTransition):
        step(booking(state), actions.StartPayment(offered), BUYER)  # type: ignore[arg-type]


def test_payments_are_started_a_bounded_number_of_times() -> None:
    """Each refused card is one more: without end the booking's item could not be written any more."""
    refused = tuple(payment(state=FAILED, number=number) for number in range(MOST_PAYMENTS))
    awaiting = booking(State.AWAITING_PAYMENT, payments=refused[1:])

    full = step(awaiting, actions.StartPayment(payment(number=100)), BUYER).booking

    assert len(full.payments) == MOST_PAYMENTS
    with pytest.raises(IllegalTransition):
        step(full, actions.StartPayment(payment(number=101)), BUYER)
    assert _capture(full, 0).booking.state is State.CONFIRMED


def test_a_payment_that_failed_may_still_be_taken_and_then_confirms() -> None:
    awaiting = booking(State.AWAITING_PAYMENT, payments=(payment(),))

    failed = step(awaiting, actions.FailPayment(payment().id, "card_declined"), PROVIDER)
    taken = _capture(failed.booking)

    assert (failed.booking.state, failed.booking.payments[0].state) == (State.AWAITING_PAYMENT, FAILED)
    assert (failed.event.type, failed.event.reason) == (EventType.PAYMENT_FAILED, "card_declined")
    assert (taken.booking.state, taken.booking.payments[0].state) == (State.CONFIRMED, CAPTURED)


@pytest.mark.parametrize("kind", PaymentKind)
def test_what_was_paid_twice_goes_back_once(kind: PaymentKind) -> None:
    paid = replace(payment(kind), state=CAPTURED)
    before = booking(State.CONFIRMED, payments=(PAID, paid, payment(kind, number=2)))
    before = before if kind is BALANCE else replace(before, payments=before.payments[1:])

    outcome = _capture(before)

    assert outcome.event.type is EventType.PAYMENT_RETURNED
    assert outcome.booking.state is State.CONFIRMED
    assert owed(outcome.booking.payments) == [*[0] * (len(before.payments) - 1), paid.amount]
    assert outcome.booking.paid(kind) == paid.amount


def test_a_balance_that_was_never_due_yet_goes_back() -> None:
    outcome = _capture(booking(State.AWAITING_PAYMENT, payments=(payment(BALANCE),)))

    assert (outcome.booking.state, owed(outcome.booking.payments)) == (State.AWAITING_PAYMENT, [100_000])


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN, State.CANCELLED])
def test_a_booking_that_ended_stays_ended_and_returns_what_comes(state: State) -> None:
    outcome = _capture(booking(state, payments=(payment(),)))

    assert outcome.booking.state is state
    assert owed(outcome.booking.payments) == [25_000]
    assert (outcome.event.type, outcome.event.changes["refund"]) == (EventType.PAYMENT_RETURNED, 25_000)


@pytest.mark.parametrize(
    "action", [actions.Capture, actions.FailPayment, lambda payment_id: actions.ReturnCapture(payment_id, "")]
)
@pytest.mark.parametrize("payment_id", [PAID.id, "pay_unknown"])
def test_what_was_taken_or_never_begun_is_not_taken_failed_or_returned(action: type, payment_id: str) -> None:
    with pytest.raises(IllegalTransition):
        step(booking(State.CONFIRMED), action(payment_id), PROVIDER)


def test_a_refund_is_settled_once() -> None:
    owing = booking(State.EXPIRED, payments=(refunded(PAID, due=25_000),))

    settled = step(owing, actions.SettleRefund(PAID.id, 0), PROVIDER)

    (paid,) = settled.booking.payments
    assert (paid.refunded, paid.refund_due) == (25_000, 0)
    assert (settled.event.type, settled.event.changes["refund"]) == (EventType.REFUNDED, 25_000)
    for payment_id in (PAID.id, "pay_unknown"):
        with pytest.raises(IllegalTransition):
            step(settled.booking, actions.SettleRefund(payment_id, 0), PROVIDER)


def test_an_admin_gives_back_what_a_card_can_be_paid() -> None:
    paid = booking(State.CONFIRMED, currency="KWD", terms=terms(currency="KWD"), payments=(PAID,))

    with pytest.raises(InvalidInput) as refused:
        step(paid, actions.OrderRefund(1_005), ADMIN)
    assert refused.value.field == "amount.amount"
    assert step(paid, actions.OrderRefund(1_010), ADMIN).event.changes["refund"] == 1_010


def test_what_a_policy_returns_can_be_paid_to_a_card() -> None:
    third = terms(currency="KWD", cancellation_policy=(Tier(1, 3_333),))
    paid = booking(State.CONFIRMED, currency="KWD", terms=third, payments=(replace(PAID, amount=1_010),))

    assert step(paid, actions.Cancel(), BUYER).event.changes["refund"] == 340


@pytest.mark.parametrize(
    ("state", "open_payment", "outdated"),
    [
        (State.AWAITING_PAYMENT, payment(), False),
        (State.CONFIRMED, payment(number=2), True),
        (State.CONFIRMED, payment(BALANCE), False),
        (State.CANCELLED, payment(), True),
        (State.CANCELLED, payment(BALANCE), True),
        (State.CANCELLED, payment(state=CAPTURED), False),
    ],
    ids=["deposit due", "deposit paid", "balance due", "cancelled", "balance cancelled", "not open"],
)
def test_an_open_payment_ends_with_what_it_was_for(
    state: State, open_payment: Payment, outdated: bool
) -> None:
    assert is_outdated(booking(state), open_payment, NOW) is outdated
