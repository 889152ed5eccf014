"""The adapter to the provider, and the bookings behind it, against the provider's double over real HTTP.

Both directions are sockets: the adapter calls the provider's API by the official library, and the provider's
signed messages reach the payments function, which reads them by the same adapter.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import stripe
from pydantic import Secret

from functions.sweeper.main import sweep
from greenroom.bookings.model import Booking, Dispute, PaymentState, State
from greenroom.calendar.schedules import Schedule
from greenroom.catalog.model import Celebrity
from greenroom.catalog.store import CatalogStore
from greenroom.payments.provider import ProviderUnavailable
from greenroom.payments.stripe_provider import Credentials, StripeProvider
from local.asgi import json_answer, receive_request, send_answer
from local.provider.service import Provider
from tests.service.bookings.world import AGENT, DAY, SLOT, World, buyer
from tests.service.local.provider_world import API_KEY, HOOK, SECRET, serving, telling
from tests.support.memory_dynamodb import MemoryDynamoDB

NAMES = {"booking_id": "bkg_1", "payment_id": "pay_1"}


@dataclass
class Line:
    """The line to the provider, which may break before or behind it."""

    provider: Provider
    broken_before: int = 0
    broken_behind: int = 0
    calls: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        received = await receive_request(scope, receive)
        self.calls.append(f"{received.method} {received.path}")
        if self.broken_before:
            self.broken_before -= 1
            await send_answer(json_answer({"error": {"message": "gone"}}, 503), send)
            return
        answer = self.provider.answer(received)
        if self.broken_behind and received.method == "POST":
            self.broken_behind -= 1
            answer = json_answer({"error": {"message": "lost"}}, 500)
        await send_answer(answer, send)


class Door:
    """Our endpoint for the provider's messages."""

    house: World

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        received = await receive_request(scope, receive)
        headers = {"Stripe-Signature": received.header("stripe-signature")}
        body = received.body.decode()
        answer = await asyncio.to_thread(self.house.call, "POST", HOOK, body, headers=headers)
        await send_answer(json_answer({}, answer.status), send)


@dataclass
class Stage:
    """A house whose provider is the double, reached by the adapter."""

    house: World
    provider: Provider
    line: Line
    adapter: StripeProvider

    def status(self, intent_id: str) -> str:
        """Where the payment stands in the provider's own books."""
        return str(self.provider._books.intent(intent_id)["status"])

    def booking(self, booking: Booking) -> Booking:
        return self.house.store.get(booking.id)

    def confirmed(self) -> tuple[Booking, str]:
        """Book, start to pay by the API's route, and pay at the provider; return the payment's id."""
        booking, payment = self.house.pay(self.house.book().id)
        assert self.provider.capture(payment.id)["webhook"]["status"] == 200
        return self.booking(booking), payment.id


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    # The library pauses before it tries again.
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0)
    door = Door()
    with serving(door, "door") as endpoint:
        provider = telling(endpoint, tmp_path)
        line = Line(provider)
        with serving(line, "provider") as url:
            adapter = StripeProvider(lambda: Credentials(Secret(API_KEY), Secret(SECRET)), url)
            door.house = World(MemoryDynamoDB(), provider=adapter)
            yield Stage(door.house, provider, line, adapter)


def test_a_payment_is_opened_found_and_found_paid(stage: Stage) -> None:
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    opened = stage.adapter.find(intent.id)
    stage.provider.capture("pay_1")
    taken = stage.adapter.find(intent.id)

    assert intent.client_secret.get_secret_value().startswith(f"{intent.id}_secret_")
    assert (opened.state, opened.amount, opened.currency) == ("open", 500, "EUR")
    assert (taken.state, taken.amount, taken.booking_id, taken.payment_id) == (
        "captured",
        500,
        "bkg_1",
        "pay_1",
    )


def test_the_same_payment_is_opened_once_and_never_for_another_amount(stage: Stage) -> None:
    first, again = (stage.adapter.create(amount=500, currency="EUR", **NAMES) for _ in range(2))

    assert first == again
    with pytest.raises(stripe.IdempotencyError):
        stage.adapter.create(amount=600, currency="EUR", **NAMES)


def test_a_void_ends_what_nobody_has_paid_and_finds_what_somebody_has(stage: Stage) -> None:
    ended = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    paid = stage.adapter.create(amount=700, currency="EUR", booking_id="bkg_2", payment_id="pay_2")
    stage.provider.capture("pay_2")

    assert stage.adapter.void(ended.id).state == "void"
    assert stage.adapter.void(ended.id).state == "void"
    found = stage.adapter.void(paid.id)
    assert (found.state, found.amount, found.payment_id) == ("captured", 700, "pay_2")
    assert stage.status(paid.id) == "succeeded"


def test_a_payment_that_a_bank_is_asking_about_is_still_open_and_may_be_ended(stage: Stage) -> None:
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.provider.challenge("pay_1")

    assert stage.adapter.find(intent.id).state == "open"
    assert stage.adapter.void(intent.id).state == "void"
    with pytest.raises(Exception, match="status of canceled"):
        stage.provider.authenticate("pay_1")


def test_a_refund_is_made_once_for_each_key_and_never_beyond_what_was_taken(stage: Stage) -> None:
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.provider.capture("pay_1")

    def refund(amount: int, key: str) -> None:
        stage.adapter.refund(intent_id=intent.id, amount=amount, currency="EUR", key=key)

    refund(300, "pay_1:0")
    refund(300, "pay_1:0")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        refund(201, "pay_1:1")
    refund(200, "pay_1:2")

    assert [refund["amount"] for refund in stage.provider._books.refunds.values()] == [300, 200]


def test_a_refund_whose_key_the_provider_has_forgotten_is_found_and_not_made_again(stage: Stage) -> None:
    """It keeps keys for a day. A table that was down for longer, or came from a backup, still owes it."""
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.provider.capture("pay_1")
    for _ in range(2):
        stage.adapter.refund(intent_id=intent.id, amount=200, currency="EUR", key="pay_1:0")
        stage.provider._answered.clear()

    stage.adapter.refund(intent_id=intent.id, amount=200, currency="EUR", key="pay_1:1")

    assert [refund["amount"] for refund in stage.provider._books.refunds.values()] == [200, 200]


def test_what_somebody_has_refunded_whole_by_hand_is_refunded(stage: Stage) -> None:
    """Else it would be owed for ever, and asked for each minute."""
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.provider.capture("pay_1")
    by_hand = {"payment_intent": intent.id, "amount": "200"}
    stage.provider._books.refund(by_hand)

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        stage.adapter.refund(intent_id=intent.id, amount=500, currency="EUR", key="pay_1:0")
    stage.provider._books.refund(by_hand | {"amount": "300"})
    stage.adapter.refund(intent_id=intent.id, amount=500, currency="EUR", key="pay_1:0")

    assert [refund["amount"] for refund in stage.provider._books.refunds.values()] == [200, 300]


def test_a_refund_that_came_to_nothing_is_made_again(stage: Stage) -> None:
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.provider.capture("pay_1")
    stage.adapter.refund(intent_id=intent.id, amount=200, currency="EUR", key="pay_1:0")
    stage.provider._answered.clear()
    for made in stage.provider._books.refunds.values():
        made["status"] = "failed"

    stage.adapter.refund(intent_id=intent.id, amount=200, currency="EUR", key="pay_1:0")

    assert len(stage.provider._books.refunds) == 2


@pytest.mark.parametrize("currency", ["JPY", "KWD", "ISK"])
def test_amounts_are_the_same_on_both_sides_of_the_adapter(stage: Stage, currency: str) -> None:
    intent = stage.adapter.create(amount=12_340, currency=currency, **NAMES)
    stage.provider.capture("pay_1")

    assert stage.adapter.find(intent.id).amount == 12_340
    stage.adapter.refund(intent_id=intent.id, amount=12_340, currency=currency, key="k")
    (refund,) = stage.provider._books.refunds.values()
    assert refund["amount"] == stage.provider._books.intent(intent.id)["amount"]


def test_a_call_whose_answer_is_lost_is_made_again_with_one_effect(stage: Stage) -> None:
    stage.line.broken_behind = 2

    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)

    assert stage.line.calls == ["POST /v1/payment_intents"] * 3
    assert list(stage.provider._books.intents) == [intent.id]


def test_a_refund_whose_answer_is_lost_is_made_again_with_one_effect(stage: Stage) -> None:
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.provider.capture("pay_1")
    stage.line.broken_behind = 1

    stage.adapter.refund(intent_id=intent.id, amount=500, currency="EUR", key="pay_1:0")

    assert len(stage.provider._books.refunds) == 1


@pytest.mark.parametrize("call", ["create", "find", "void", "refund"])
def test_a_provider_that_stays_away_is_briefly_unavailable(stage: Stage, call: str) -> None:
    intent = stage.adapter.create(amount=500, currency="EUR", **NAMES)
    stage.line.broken_before = 99
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: stage.adapter.create(amount=5, currency="EUR", booking_id="b", payment_id="p"),
        "find": lambda: stage.adapter.find(intent.id),
        "void": lambda: stage.adapter.void(intent.id),
        "refund": lambda: stage.adapter.refund(intent_id=intent.id, amount=1, currency="EUR", key="k"),
    }

    with pytest.raises(ProviderUnavailable):
        calls[call]()

    assert len(stage.line.calls) == 4  # the one before, and three tries


# Through the payments function to the booking ---------------------------------------------------------------


def test_a_payment_confirms_a_booking(stage: Stage) -> None:
    booking, _ = stage.confirmed()

    assert booking.state is State.CONFIRMED
    assert booking.captured == 25_000


@pytest.mark.parametrize(
    ("currency", "price", "deposit", "refund"),
    [
        ("EUR", 1_001, 334, 501),
        ("JPY", 1_001, 334, 501),
        ("ISK", 1_001, 334, 501),
        ("KWD", 1_010, 340, 510),
    ],
)
def test_parts_that_do_not_divide_are_paid_and_given_back_in_every_kind_of_currency(
    stage: Stage, currency: str, price: int, deposit: int, refund: int
) -> None:
    house = stage.house

    def priced(celebrity: Celebrity, hours: Schedule) -> tuple[Celebrity, Schedule]:
        first, *others = celebrity.offerings
        odd = replace(first, price=price, currency=currency, deposit_share=3_333)
        return replace(celebrity, offerings=(odd, *others)), hours

    CatalogStore(house.tables, house.catalog_table).change(house.celebrity_id, priced)
    booking, payment = house.pay(house.book().id)
    stage.provider.capture(payment.id)
    _, balance = house.pay(booking.id, "balance")
    stage.provider.capture(balance.id)
    house.clock.now = SLOT - 10 * DAY
    cancelled = house.act(stage.booking(booking), "cancel", by=buyer())
    sweep(house.cashier)

    assert (payment.amount, balance.amount) == (deposit, price - deposit)
    assert cancelled.body["refund"] == {"amount": refund, "currency": currency}
    after = stage.booking(booking)
    assert (after.captured, after.returned) == (price, refund)
    assert [each.refund_due for each in after.payments] == [0, 0]
    theirs = 100 if currency == "ISK" else 1
    assert sum(made["amount"] for made in stage.provider._books.refunds.values()) == refund * theirs


def test_what_the_networks_do_not_pay_is_refused(stage: Stage) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="divisible"):
        stage.adapter.create(amount=1_005, currency="KWD", **NAMES)


def test_a_declined_card_is_told_and_a_good_one_confirms(stage: Stage) -> None:
    booking, payment = stage.house.pay(stage.house.book().id)

    assert stage.provider.fail(payment.id)["webhook"]["status"] == 200
    (failed,) = stage.booking(booking).payments
    stage.provider.capture(payment.id)

    assert failed.state is PaymentState.FAILED
    assert stage.booking(booking).state is State.CONFIRMED


def test_a_bank_s_question_changes_nothing_until_it_is_answered(stage: Stage) -> None:
    booking, payment = stage.house.pay(stage.house.book().id)

    assert stage.provider.challenge(payment.id)["webhook"]["status"] == 200
    waiting = stage.booking(booking)
    stage.provider.authenticate(payment.id)

    assert (waiting.state, waiting.version) == (State.AWAITING_PAYMENT, booking.version)
    assert stage.booking(booking).state is State.CONFIRMED


def test_a_failed_authentication_is_told_with_its_reason(stage: Stage) -> None:
    booking, payment = stage.house.pay(stage.house.book().id)
    stage.provider.challenge(payment.id)

    stage.provider.fail(payment.id)

    *_, event = stage.house.store.events(booking.id)
    assert (event["type"], event["reason"]) == ("payment_failed", "payment_intent_authentication_failure")


def test_a_dispute_that_is_lost_is_a_refund_that_the_bank_has_made(stage: Stage) -> None:
    booking, payment_id = stage.confirmed()

    assert stage.provider.dispute(payment_id)["webhook"]["status"] == 200
    (disputed,) = stage.booking(booking).payments
    assert stage.provider.close_dispute(payment_id, won=False)["webhook"]["status"] == 200
    (closed,) = stage.booking(booking).payments

    assert (disputed.dispute, disputed.refunded) == (Dispute.OPEN, 0)
    assert (closed.dispute, closed.refunded, closed.owed) == (Dispute.LOST, 25_000, ())
    assert stage.provider._books.refunds == {}
    kinds = [event["type"] for event in stage.house.store.events(booking.id)]
    assert kinds[-2:] == ["payment_disputed", "dispute_closed"]


def test_what_is_owed_waits_for_the_bank_and_goes_back_when_the_house_has_won(stage: Stage) -> None:
    booking, payment_id = stage.confirmed()
    stage.provider.dispute(payment_id)

    answer = stage.house.act(stage.booking(booking), "cancel", by=AGENT)
    stage.house.cashier.follow_up(stage.booking(booking))
    waiting = stage.booking(booking)
    assert stage.provider.close_dispute(payment_id, won=True)["webhook"]["status"] == 200

    assert answer.status == 200
    assert (waiting.payments[0].refund_due, waiting.payments[0].refunded) == (25_000, 0)
    (settled,) = stage.booking(booking).payments
    assert (settled.refund_due, settled.refunded) == (0, 25_000)
    assert [refund["amount"] for refund in stage.provider._books.refunds.values()] == [25_000]


def test_a_message_that_comes_thrice_has_one_effect(stage: Stage) -> None:
    booking, payment_id = stage.confirmed()

    for _ in range(3):
        assert stage.provider.dispute(payment_id)["webhook"]["status"] == 200
        assert stage.provider.capture(payment_id)["webhook"]["status"] == 200

    kinds = [event["type"] for event in stage.house.store.events(booking.id)]
    assert kinds == ["booked", "payment_started", "confirmed", "payment_disputed"]


def test_a_payment_that_nobody_told_of_is_found_when_it_is_to_be_ended(stage: Stage) -> None:
    booking, payment = stage.house.pay(stage.house.book().id)
    stage.provider.webhooks.secret = "whsec_wrong"
    stage.provider.capture(payment.id)
    assert stage.booking(booking).state is State.AWAITING_PAYMENT

    stage.house.clock.advance(stage.house.desk.policy.hold)
    stage.house.cashier.follow_up(stage.booking(booking))

    assert stage.booking(booking).state is State.CONFIRMED
    assert stage.booking(booking).buyer_id == buyer().id
