"""Money that goes back: an admin's refunds, disputes at the bank, and a ledger that balances."""

from contextlib import suppress
from typing import Any

import pytest

from functions.sweeper.main import sweep
from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, Dispute, PaymentState, State
from greenroom.payments.provider import EventKind
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import AGENT, DAY, HOLD, SLOT, Answer, World, buyer
from tests.support.faults import TABLE_CALLS, Crash, FaultPoint, Faulty
from tests.support.paper_provider import PaperProvider

ADMIN = Actor(Role.ADMIN, "usr_00000000000000000000000008")


def order(world: World, booking: Booking, amount: int, currency: str = "EUR", **headers: str) -> Answer:
    body = {"amount": {"amount": amount, "currency": currency}, "reason": "Goodwill"}
    return world.act(booking, "refunds", body, by=ADMIN, **headers)


def now(world: World, booking: Booking) -> Booking:
    return world.store.get(booking.id)


def entries(world: World, booking: Booking, by: Actor = ADMIN) -> list[tuple[str, int, int]]:
    answer = world.call("GET", "/v1/bookings/{booking_id}/ledger", by=by, booking_id=booking.id)
    assert answer.status == 200, answer.text
    return [(entry["kind"], entry["amount"], entry["balance"]) for entry in answer.body["items"]]


def test_an_admin_gives_back_in_parts_up_to_what_was_captured_and_no_more(memory: World) -> None:
    booking = memory.confirmed()

    first = order(memory, booking, 10_000)
    second = order(memory, now(memory, booking), 15_000)
    third = order(memory, now(memory, booking), 1)

    assert (first.status, first.body["payments"][0]["refund_due"]["amount"]) == (201, 10_000)
    assert second.status == 201
    assert (third.status, third.code, third.fields) == (422, "exceeds_captured", ["amount.amount"])
    sweep(memory.cashier)
    assert memory.provider.refunded(booking.payments[0].id) == 25_000
    assert len(memory.provider.refunds) == 2
    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.only.state is State.CONFIRMED
    assert entries(memory, booking) == [
        ("capture", 25_000, 25_000),
        ("refund", -10_000, 15_000),
        ("refund", -15_000, 0),
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "status", "field"),
    [
        (25_001, "EUR", 422, "amount.amount"),
        (0, "EUR", 422, "amount.amount"),
        (-1, "EUR", 422, "amount.amount"),
        (100, "USD", 422, "amount.currency"),
    ],
)
def test_a_wrong_refund_is_refused_by_name_and_nothing_is_written(
    memory: World, amount: int, currency: str, status: int, field: str
) -> None:
    booking = memory.confirmed()
    before = memory.items()

    answer = order(memory, booking, amount, currency)

    assert (answer.status, answer.fields) == (status, [field])
    assert memory.items() == before


def test_the_same_order_sent_twice_is_carried_out_once(memory: World) -> None:
    booking = memory.confirmed()

    answers = [order(memory, booking, 5_000) for _ in range(3)]

    assert [answer.status for answer in answers] == [201, 412, 412]
    sweep(memory.cashier)
    assert memory.provider.refunded(booking.payments[0].id) == 5_000


@pytest.mark.parametrize("by", [buyer(), AGENT, buyer(2)])
def test_only_an_admin_orders_refunds(memory: World, by: Actor) -> None:
    booking = memory.confirmed()

    answer = memory.act(booking, "refunds", {"amount": {"amount": 1, "currency": "EUR"}}, by=by)

    assert (answer.status, answer.code) == (403, "forbidden")


def test_what_an_admin_gave_back_makes_nothing_due_again_and_counts_when_the_buyer_cancels(
    memory: World,
) -> None:
    booking = memory.confirmed()
    order(memory, booking, 10_000)
    _, balance = memory.pay(booking.id, "balance")
    assert balance.amount == 75_000
    memory.cashier.receive(memory.provider.pay(balance.id))
    memory.clock.now = SLOT - 10 * DAY

    cancelled = memory.act(now(memory, booking), "cancel", by=buyer())

    # Half of 100,000 by the policy, of which 10,000 are promised already.
    assert cancelled.body["refund"]["amount"] == 40_000
    sweep(memory.cashier)
    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert entries(memory, booking, buyer())[-1][2] == 50_000


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(6))
def test_a_refund_that_is_cut_short_anywhere_is_paid_once_though_another_was_ordered_meanwhile(
    memory: World, at: int, *, done: bool
) -> None:
    """The provider may have paid the first before the second was promised: each has a key of its own."""
    booking = memory.confirmed()
    order(memory, booking, 10_000)
    point = FaultPoint(at, done=done)
    cut = memory.over(
        dynamodb=Faulty(memory.dynamodb, point, TABLE_CALLS),
        provider=Faulty(memory.provider, point, frozenset({"refund"})),
    )
    with suppress(Crash):
        sweep(cut.cashier)
    order(memory, now(memory, booking), 4_000)

    sweep(memory.cashier)

    assert memory.provider.refunded(booking.payments[0].id) == 14_000
    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.due == set()


def test_a_cancelled_booking_is_paid_back_by_the_sweeper(memory: World) -> None:
    booking = memory.confirmed()
    memory.act(booking, "cancel", by=AGENT)
    memory.provider.down = True
    assert sweep(memory.cashier) == 0
    assert books(memory).due == {booking.id}
    memory.provider.down = False

    sweep(memory.cashier)

    found = books(memory)
    assert found.due == set()
    check_ledger(found, memory.provider)
    assert memory.provider.refunded(booking.payments[0].id) == 25_000


def test_a_capture_whose_message_never_came_is_found_at_the_deadline(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    memory.provider.pay(payment.id)
    memory.clock.advance(HOLD)

    assert sweep(memory.cashier) == 0

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.types(booking.id) == ["booked", "payment_started", "confirmed"]


def test_a_payment_nobody_made_is_ended_at_the_provider_with_its_booking(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    memory.clock.advance(HOLD)

    assert sweep(memory.cashier) == 1

    assert memory.provider.voided == {payment.id}
    assert now(memory, booking).payments[0].state is PaymentState.VOIDED
    assert books(memory).types(booking.id) == ["booked", "payment_started", "payment_voided", "expired"]


def test_a_payment_that_a_bank_is_still_at_is_asked_about_until_it_is_decided(memory: World) -> None:
    """To call it ended would be to ask no more: what is taken then and not told of would be lost."""
    booking, payment = memory.pay(memory.book().id)
    memory.provider.processing.add(payment.id)
    memory.clock.advance(HOLD)

    assert sweep(memory.cashier) == 1
    assert now(memory, booking).payments[0].state is PaymentState.PENDING
    assert books(memory).due == {booking.id}
    memory.provider.pay(payment.id)
    sweep(memory.cashier)

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert (found.only.state, found.due) == (State.CONFIRMED, set())


def test_one_refund_that_the_provider_refuses_keeps_no_other_back(memory: World) -> None:
    booking = memory.confirmed()
    _, balance = memory.pay(booking.id, "balance")
    memory.cashier.receive(memory.provider.pay(balance.id))
    memory.provider.out_of_order.add(booking.payments[0].id)
    memory.act(now(memory, booking), "cancel", by=AGENT)

    sweep(memory.cashier)

    assert memory.provider.refunded(balance.id) == 75_000
    assert books(memory).due == {booking.id}


def test_a_payment_that_cannot_be_ended_keeps_no_refund_back(memory: World) -> None:
    booking = memory.confirmed()
    _, balance = memory.pay(booking.id, "balance")
    memory.provider.out_of_order.add(balance.id)
    memory.act(now(memory, booking), "cancel", by=AGENT)

    sweep(memory.cashier)

    assert memory.provider.refunded(booking.payments[0].id) == 25_000
    assert books(memory).due == {booking.id}


def test_a_payment_of_a_withdrawn_booking_is_ended_or_paid_back_without_any_message(memory: World) -> None:
    for by, paid in ((1, False), (2, True)):
        booking, payment = memory.pay(memory.book(SLOT + by * DAY, by=by).id)
        if paid:
            memory.provider.pay(payment.id)
        memory.desk.apply(booking.id, actions.Withdraw(), buyer(by))

        sweep(memory.cashier)

        assert (payment.id in memory.provider.voided) != paid
        assert memory.provider.refunded(payment.id) == (25_000 if paid else 0)
    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.due == set()


def test_a_balance_that_is_not_paid_within_a_day_is_ended_and_can_be_started_again(memory: World) -> None:
    booking = memory.confirmed()
    _, first = memory.pay(booking.id, "balance")
    memory.clock.advance(DAY)

    _, second = memory.pay(booking.id, "balance")
    sweep(memory.cashier)

    assert second.id != first.id
    assert memory.provider.voided == {first.id}
    memory.cashier.receive(memory.provider.pay(second.id))
    check_ledger(books(memory), memory.provider)


def dispute(world: World, payment_id: str, kind: EventKind) -> None:
    world.cashier.receive(world.provider.dispute(payment_id, kind))


def test_while_a_payment_is_disputed_nothing_of_it_is_refunded(memory: World) -> None:
    booking = memory.confirmed()
    payment_id = booking.payments[0].id
    dispute(memory, payment_id, "disputed")
    memory.act(now(memory, booking), "cancel", by=AGENT)

    sweep(memory.cashier)
    assert memory.provider.refunded(payment_id) == 0
    dispute(memory, payment_id, "dispute_won")
    sweep(memory.cashier)

    assert memory.provider.refunded(payment_id) == 25_000
    assert books(memory).due == set()
    assert books(memory).types(booking.id)[-4:] == [
        "payment_disputed",
        "cancelled",
        "dispute_closed",
        "refunded",
    ]


class _DisputedMeanwhile(PaperProvider):
    """Its buyer disputes a payment in the moment in which a refund of it has gone out."""

    world: World

    def refund(self, *, intent_id: str, amount: int, currency: str, key: str) -> None:
        super().refund(intent_id=intent_id, amount=amount, currency=currency, key=key)
        dispute(self.world, intent_id.removeprefix("pi_"), "disputed")


def test_a_refund_that_went_out_just_before_a_dispute_is_not_paid_again_after_it(memory: World) -> None:
    """A bank takes weeks, and a provider forgets a key after a day."""
    memory = memory.over(provider=_DisputedMeanwhile())
    memory.provider.world = memory
    booking = memory.confirmed()
    payment_id = booking.payments[0].id
    order(memory, booking, 10_000)

    sweep(memory.cashier)
    memory.provider.refunds = {f"forgotten {key}": made for key, made in memory.provider.refunds.items()}
    dispute(memory, payment_id, "dispute_won")
    sweep(memory.cashier)

    assert memory.provider.refunded(payment_id) == 10_000
    assert now(memory, booking).payments[0].refunded == 10_000
    assert books(memory).due == set()


def test_what_a_bank_gives_back_is_not_paid_back_again(memory: World) -> None:
    booking = memory.confirmed()
    payment_id = booking.payments[0].id
    order(memory, booking, 5_000)
    sweep(memory.cashier)
    dispute(memory, payment_id, "disputed")
    memory.act(now(memory, booking), "cancel", by=AGENT)

    dispute(memory, payment_id, "dispute_lost")
    sweep(memory.cashier)

    after = now(memory, booking).payments[0]
    assert (after.dispute, after.refunded, after.refund_due, after.kept) == (Dispute.LOST, 25_000, 0, 0)
    assert memory.provider.refunded(payment_id) == 5_000
    assert entries(memory, booking) == [
        ("capture", 25_000, 25_000),
        ("refund", -5_000, 20_000),
        ("chargeback", -20_000, 0),
    ]


@pytest.mark.parametrize("kinds", [("dispute_lost", "disputed", "dispute_lost"), ("disputed", "disputed")])
def test_messages_of_a_dispute_have_one_effect_in_any_order(
    memory: World, kinds: tuple[EventKind, ...]
) -> None:
    booking = memory.confirmed()

    for kind in kinds:
        dispute(memory, booking.payments[0].id, kind)

    types = books(memory).types(booking.id)
    assert [kind for kind in types if "dispute" in kind] == (
        ["dispute_closed"] if kinds[0] == "dispute_lost" else ["payment_disputed"]
    )


def test_a_dispute_of_what_is_not_ours_is_no_matter(memory: World) -> None:
    memory.confirmed()
    before = memory.items()
    memory.provider.asked["foreign"] = {"amount": 1, "currency": "EUR", "booking_id": ""}

    dispute(memory, "foreign", "disputed")

    assert memory.items() == before


def balance_of(entries: list[tuple[str, int, int]]) -> Any:
    return entries[-1][2] if entries else 0


@pytest.mark.parametrize("stage", ["booked", "confirmed", "cancelled"])
def test_the_ledger_balances_with_the_payments(memory: World, stage: str) -> None:
    booking = memory.book() if stage == "booked" else memory.confirmed()
    if stage == "cancelled":
        memory.act(booking, "cancel", by=AGENT)
        sweep(memory.cashier)

    held = sum(payment.amount - payment.refunded for payment in now(memory, booking).payments)

    assert balance_of(entries(memory, booking, AGENT)) == held
