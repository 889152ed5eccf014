"""The provider's messages: twice, late, in any order, about nothing we know; each has its effect once."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.sweeper.main import sweep
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, PaymentState, State
from greenroom.gateway.requests import LARGEST_BODY
from greenroom.payments.provider import ProviderEvent
from greenroom.refusals import Refusal
from greenroom.telemetry import logs
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import AGENT, DAY, HOLD, NOW, SLOT, Answer, Clock, World, buyer
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_provider import SIGNATURE, PaperProvider

HOOK = "/v1/webhooks/stripe"


def deliver(world: World, event: ProviderEvent, signature: str = SIGNATURE) -> Answer:
    body = world.provider.message(event).decode()
    return world.call("POST", HOOK, body, headers={"Stripe-Signature": signature})


def started(world: World) -> tuple[Booking, str]:
    booking, payment = world.pay(world.book().id)
    return booking, payment.id


@pytest.fixture
def security(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The security lines written meanwhile."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(logs, "_sinks", [lines.append])
    return lines


def events_of(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["event"], line["severity"]) for line in lines if line.get("category") == "security"]


def test_a_capture_delivered_five_times_confirms_once(memory: World) -> None:
    booking, payment_id = started(memory)
    event = memory.provider.pay(payment_id)

    answers = [deliver(memory, event) for _ in range(5)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, {"received": True})] * 5
    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.types(booking.id) == ["booked", "payment_started", "confirmed"]
    (seen,) = [item for item in memory.items() if item["pk"] == f"PROVIDER_EVENT#{event.id}"]
    assert (seen["booking_id"], seen["payment_id"]) == (booking.id, payment_id)
    assert seen["ttl"] > memory.clock().timestamp()


def test_the_same_capture_told_in_two_events_confirms_once(memory: World) -> None:
    booking, payment_id = started(memory)

    for _ in range(2):
        assert deliver(memory, memory.provider.pay(payment_id)).status == 200

    assert books(memory).types(booking.id)[2:] == ["confirmed"]


def test_a_failure_that_comes_after_the_capture_changes_nothing(memory: World) -> None:
    booking, payment_id = started(memory)
    failed, taken = memory.provider.decline(payment_id), memory.provider.pay(payment_id)

    assert [deliver(memory, event).status for event in (taken, failed, taken, failed)] == [200] * 4

    assert books(memory).types(booking.id) == ["booked", "payment_started", "confirmed"]


def test_a_card_is_declined_once_however_often_it_is_told_and_another_card_may_pay(memory: World) -> None:
    booking, payment_id = started(memory)
    failed = memory.provider.decline(payment_id)
    deliver(memory, failed)
    deliver(memory, failed)
    again, second = memory.pay(booking.id)

    assert second.id != payment_id
    assert [payment.state for payment in again.payments] == [PaymentState.FAILED, PaymentState.PENDING]
    for event in (memory.provider.pay(second.id), memory.provider.pay(payment_id), failed):
        deliver(memory, event)

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.types(booking.id)[2:] == [
        *("payment_failed", "payment_started", "confirmed", "payment_returned", "refunded")
    ]
    assert memory.provider.refunded(payment_id) == 25_000


def test_a_capture_that_is_faster_than_our_own_record_is_asked_for_again(memory: World) -> None:
    booking = memory.book()
    payment_id = f"pay_{booking.id[4:]}D01"
    memory.provider.create(amount=25_000, currency="EUR", booking_id=booking.id, payment_id=payment_id)
    event = memory.provider.pay(payment_id)
    before = len(memory.items())

    early = deliver(memory, event)
    assert (early.status, early.code, early.headers["Retry-After"]) == (503, "unavailable", "2")
    assert len(memory.items()) == before
    memory.pay(booking.id)
    later = deliver(memory, event)

    assert later.status == 200
    assert books(memory).only.state is State.CONFIRMED


def _sweep_in_the_dark(world: World) -> None:
    """Sweep while the provider cannot be asked: the booking expires, and its payment stays open."""
    world.provider.down = True
    assert sweep(world.cashier) == 1
    world.provider.down = False


@pytest.mark.parametrize("swept", [False, True])
def test_who_paid_late_is_confirmed_while_the_time_is_free(memory: World, *, swept: bool) -> None:
    booking, payment_id = started(memory)
    memory.clock.advance(10 * DAY)
    if swept:
        _sweep_in_the_dark(memory)

    assert deliver(memory, memory.provider.pay(payment_id)).status == 200

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.bookings[booking.id].state is State.CONFIRMED
    assert memory.request(memory.wish(), by=2).code == "slot_taken"


@pytest.mark.parametrize("swept", [False, True])
def test_who_paid_late_gets_his_money_back_when_the_time_is_taken(memory: World, *, swept: bool) -> None:
    booking, payment_id = started(memory)
    memory.clock.advance(HOLD)
    if swept:
        _sweep_in_the_dark(memory)
    other = memory.confirmed()
    event = memory.provider.pay(payment_id)

    assert [deliver(memory, event).status for _ in range(3)] == [200] * 3
    sweep(memory.cashier)

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert found.bookings[booking.id].state is State.EXPIRED
    assert found.bookings[other.id].state is State.CONFIRMED
    assert memory.provider.refunded(payment_id) == 25_000
    assert found.types(booking.id).count("refunded") == 1


def test_a_late_capture_claims_the_days_that_an_expired_hold_has_lost(memory: World) -> None:
    long = memory.book(offering=2)
    _, payment = memory.pay(long.id)
    memory.clock.advance(HOLD)
    other = memory.confirmed(SLOT + 2 * DAY)  # one of the hold's four days
    assert memory.desk.apply(other.id, actions.Cancel(), AGENT).state is State.CANCELLED

    deliver(memory, memory.provider.pay(payment.id))

    found = books(memory)
    assert found.bookings[long.id].state is State.CONFIRMED
    found.check()


def test_a_payment_of_a_withdrawn_booking_goes_back(memory: World) -> None:
    booking, payment_id = started(memory)
    memory.desk.apply(booking.id, actions.Withdraw(), buyer())

    deliver(memory, memory.provider.pay(payment_id))

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert (found.only.state, memory.provider.refunded(payment_id)) == (State.WITHDRAWN, 25_000)


def test_the_balance_is_paid_once_and_a_second_time_goes_back(memory: World) -> None:
    booking = memory.confirmed()
    _, balance = memory.pay(booking.id, "balance")
    assert balance.amount == 75_000
    deliver(memory, memory.provider.decline(balance.id))
    _, second = memory.pay(booking.id, "balance")
    for payment_id in (second.id, balance.id):
        deliver(memory, memory.provider.pay(payment_id))

    found = books(memory)
    found.check()
    check_ledger(found, memory.provider)
    assert (memory.provider.refunded(balance.id), memory.provider.refunded(second.id)) == (75_000, 0)


@pytest.mark.parametrize("wrong", [{"amount": 24_999}, {"amount": 0}, {"currency": "USD"}])
def test_an_amount_that_nobody_asked_for_confirms_nothing_and_raises_an_alarm(
    memory: World, security: list[dict[str, Any]], wrong: dict[str, Any]
) -> None:
    _, payment_id = started(memory)
    before = memory.items()

    answers = [deliver(memory, memory.provider.pay(payment_id, **wrong)) for _ in range(2)]

    assert [(answer.status, answer.code) for answer in answers] == [(503, "unavailable")] * 2
    assert memory.items() == before
    assert events_of(security) == [("payment_amount_mismatch", "CRITICAL")] * 2


@pytest.mark.parametrize(
    "booking_id", ["bkg_00000000000000000000000000", "bkg_short", "", "usr_00000000000000000000000001"]
)
def test_a_message_about_a_booking_that_does_not_exist_is_taken_and_has_no_effect(
    memory: World, security: list[dict[str, Any]], booking_id: str
) -> None:
    _, payment_id = started(memory)
    before = memory.items()

    assert deliver(memory, memory.provider.pay(payment_id, booking_id=booking_id)).status == 200

    assert memory.items() == before
    known_form = booking_id == "bkg_00000000000000000000000000"
    assert events_of(security) == [("payment_unknown_booking", "WARN")] * known_form


def test_a_message_of_another_kind_is_taken_and_has_no_effect(memory: World) -> None:
    _, payment_id = started(memory)
    before = memory.items()

    assert deliver(memory, memory.provider.pay(payment_id, type="other")).status == 200
    assert memory.items() == before


def test_a_message_that_is_not_signed_is_refused_and_has_no_effect(memory: World) -> None:
    _, payment_id = started(memory)
    before = memory.items()

    answer = deliver(memory, memory.provider.pay(payment_id), signature="by somebody else")

    assert (answer.status, answer.code) == (400, "invalid_signature")
    assert memory.items() == before


def test_a_message_that_is_too_large_is_refused_before_it_is_verified(memory: World) -> None:
    _, payment_id = started(memory)
    before = memory.items()
    body = memory.provider.message(memory.provider.pay(payment_id)).decode() + " " * LARGEST_BODY

    answer = memory.call("POST", HOOK, body, headers={"Stripe-Signature": SIGNATURE})

    assert (answer.status, answer.code) == (413, "body_too_large")
    assert memory.items() == before


def test_a_refund_that_the_provider_cannot_make_now_is_made_at_the_next_delivery(memory: World) -> None:
    booking, payment_id = started(memory)
    memory.desk.apply(booking.id, actions.Withdraw(), buyer())
    event = memory.provider.pay(payment_id)

    memory.provider.down = True
    assert deliver(memory, event).status == 503
    memory.provider.down = False
    check_ledger(books(memory), memory.provider, settled=False)
    assert deliver(memory, event).status == 200

    check_ledger(books(memory), memory.provider)


ORDERS = st.lists(
    st.sampled_from(
        ["decline 1", "pay 1", "decline 2", "pay 2", "start", "wait", "rival", "sweep", "withdraw"]
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(ORDERS, st.randoms(use_true_random=False))
def test_in_any_order_and_number_messages_end_confirmed_or_paid_back(orders: list[str], chance: Any) -> None:
    world = World(MemoryDynamoDB(), clock=Clock(NOW), provider=PaperProvider())
    booking, first = started(world)
    payments = {"1": first}
    sent: list[ProviderEvent] = []
    for order in orders:
        match order.split():
            case ["start"]:
                payments |= _start_again(world, booking.id)
            case ["wait"]:
                world.clock.advance(HOLD / 2)
            case ["rival"]:
                world.request(world.wish(), by=2)
            case ["sweep"]:
                sweep(world.cashier)
            case ["withdraw"]:
                with suppress(Refusal):
                    world.desk.apply(booking.id, actions.Withdraw(), buyer())
            case [fate, number] if payments.get(number, "") in world.provider.open_payments:
                act = world.provider.pay if fate == "pay" else world.provider.decline
                sent.append(act(payments[number]))
        for event in chance.sample(sent, chance.randint(0, len(sent))):
            assert deliver(world, event).status == 200
    for event in sent:
        assert deliver(world, event).status == 200

    found = books(world)
    found.check(stealable_until=world.clock())
    check_ledger(found, world.provider)
    world.clock.advance(HOLD)
    sweep(world.cashier)
    assert books(world).due == set()


def _start_again(world: World, booking_id: str) -> dict[str, str]:
    headers = {"Idempotency-Key": f"key-{world.provider.told}-{len(world.items())}"}
    answer = world.call(
        "POST",
        "/v1/bookings/{booking_id}/payments",
        {"kind": "deposit"},
        by=buyer(),
        headers=headers,
        booking_id=booking_id,
    )
    assert answer.status in (201, 409)
    return {"2": answer.body["id"]} if answer.status == 201 else {}
