"""The payment provider over HTTP, by the official client, and its messages verified by the same."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.service.local.provider_world import API_KEY, SECRET, Receiver, World, serving, telling


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    receiver = Receiver()
    with serving(receiver, "receiver") as endpoint:
        provider = telling(endpoint, tmp_path)
        with serving(provider, "provider") as url:
            client = stripe.StripeClient(API_KEY, base_addresses={"api": url}, max_network_retries=0)
            yield World(provider, client, receiver, url)


def told(world: World) -> list[str]:
    """The kinds of the messages so far."""
    return [json.loads(body)["type"] for body, _ in world.receiver.received]


def start_payment(world: World, amount: int = 5000, **more: Any) -> stripe.PaymentIntent:
    wanted: Any = {"amount": amount, "currency": "eur", "metadata": {"payment_id": "pay_1"}, **more}
    return world.client.v1.payment_intents.create(wanted, {"idempotency_key": "key-1"})


def test_a_payment_is_created_read_and_paid(world: World) -> None:
    created = start_payment(world)
    read = world.client.v1.payment_intents.retrieve(created.id)

    told = world.provider.capture("pay_1")

    paid = world.client.v1.payment_intents.retrieve(created.id)
    assert (read.status, read.amount, read.metadata["payment_id"]) == (
        "requires_payment_method",
        5000,
        "pay_1",
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 5000)
    assert (told["status"], told["webhook"]["status"], told["webhook"]["attempts"]) == ("succeeded", 200, 1)


def test_the_official_client_verifies_the_message(world: World) -> None:
    intent = start_payment(world)

    world.provider.capture("pay_1")

    payload, signature = world.receiver.received[0]
    event = stripe.Webhook.construct_event(payload, signature, SECRET)
    assert event.type == "payment_intent.succeeded"
    assert event.data.object["id"] == intent.id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(payload + b" ", signature, SECRET)


def test_the_same_key_creates_once(world: World) -> None:
    first, again = start_payment(world), start_payment(world)

    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_for_another_payment_is_an_error(world: World) -> None:
    start_payment(world)

    with pytest.raises(stripe.IdempotencyError):
        start_payment(world, amount=6000)


def test_no_more_is_refunded_than_was_paid(world: World) -> None:
    intent = start_payment(world)
    world.provider.capture("pay_1")
    world.client.v1.refunds.create({"payment_intent": intent.id, "amount": 3000})

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        world.client.v1.refunds.create({"payment_intent": intent.id, "amount": 2001})
    rest = world.client.v1.refunds.create({"payment_intent": intent.id})

    assert (rest.amount, rest.status) == (2000, "succeeded")
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        world.client.v1.refunds.create({"payment_intent": intent.id, "amount": 1})


def test_a_refund_is_repeated_without_effect(world: World) -> None:
    intent = start_payment(world)
    world.provider.capture("pay_1")
    asked: Any = {"payment_intent": intent.id, "amount": 4000}

    first = world.client.v1.refunds.create(asked, {"idempotency_key": "refund-1"})
    again = world.client.v1.refunds.create(asked, {"idempotency_key": "refund-1"})

    assert again.id == first.id


def test_a_cancelled_payment_cannot_be_paid(world: World) -> None:
    intent = start_payment(world)

    cancelled = world.client.v1.payment_intents.cancel(intent.id)

    assert cancelled.status == "canceled"
    assert world.receiver.arrived.wait(10)
    assert b"payment_intent.canceled" in world.receiver.received[0][0]
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        world.client.v1.payment_intents.cancel(intent.id)


def test_a_message_is_sent_again_until_it_is_taken(world: World) -> None:
    start_payment(world)
    world.receiver.statuses = [500, 503]

    told = world.provider.capture("pay_1")

    assert (told["webhook"]["status"], told["webhook"]["attempts"]) == (200, 3)
    assert len({payload for payload, _ in world.receiver.received}) == 1


def test_another_key_is_refused(world: World) -> None:
    stranger = stripe.StripeClient("sk_test_2", base_addresses={"api": world.url})

    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.payment_intents.retrieve("pi_1")


def test_what_does_not_exist_is_missing(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        world.client.v1.payment_intents.retrieve("pi_none")

    assert missing.value.code == "resource_missing"


def test_a_card_that_needs_authentication_takes_nothing_before_its_holder_has_answered(world: World) -> None:
    intent = start_payment(world)

    asked = world.client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_authenticationRequired"}
    )
    assert (asked.status, asked.amount_received, asked.latest_charge) == ("requires_action", 0, None)
    assert asked.next_action is not None
    assert world.receiver.arrived.wait(10)
    with pytest.raises(Exception, match="status of requires_action"):
        world.provider.capture("pay_1")
    world.provider.authenticate("pay_1")

    paid = world.client.v1.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 5000, None)
    assert told(world) == ["payment_intent.requires_action", "payment_intent.succeeded"]


def test_who_fails_authentication_may_try_another_card(world: World) -> None:
    intent = start_payment(world)
    world.provider.challenge("pay_1")

    failed = world.provider.fail("pay_1")

    tried = world.client.v1.payment_intents.retrieve(intent.id)
    assert failed["status"] == tried.status == "requires_payment_method"
    assert tried.last_payment_error is not None
    assert tried.last_payment_error.code == "payment_intent_authentication_failure"
    with pytest.raises(Exception, match="cannot authenticate"):
        world.provider.authenticate("pay_1")
    assert world.provider.capture("pay_1")["status"] == "succeeded"


def test_a_declined_card_is_an_error_of_the_card(world: World) -> None:
    intent = start_payment(world)

    with pytest.raises(stripe.CardError) as declined:
        world.client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclined"})

    assert (declined.value.code, declined.value.http_status) == ("card_declined", 402)
    assert world.client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_what_is_captured_by_hand_is_only_authorised_by_its_buyer(world: World) -> None:
    intent = start_payment(world, capture_method="manual")

    world.provider.capture("pay_1")
    authorised = world.client.v1.payment_intents.retrieve(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        world.client.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError, match="capture more"):
        world.client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5001})
    taken = world.client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 4000})

    assert (authorised.status, authorised.amount_capturable, authorised.amount_received) == (
        "requires_capture",
        5000,
        0,
    )
    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 4000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        world.client.v1.refunds.create({"payment_intent": intent.id, "amount": 4001})


def test_an_authorisation_may_be_let_go_and_then_not_captured(world: World) -> None:
    intent = start_payment(world, capture_method="manual")
    world.provider.capture("pay_1")

    assert world.client.v1.payment_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        world.client.v1.payment_intents.capture(intent.id)


@pytest.mark.parametrize("won", [True, False])
def test_a_bank_opens_a_dispute_holds_the_money_and_decides(world: World, won: bool) -> None:
    intent = start_payment(world)
    world.provider.capture("pay_1")

    world.provider.dispute("pay_1")
    with pytest.raises(stripe.InvalidRequestError) as held:
        world.client.v1.refunds.create({"payment_intent": intent.id})
    world.provider.close_dispute("pay_1", won=won)

    assert held.value.code == "charge_disputed"
    opened, closed = (json.loads(body) for body, _ in world.receiver.received[1:])
    assert [opened["type"], closed["type"]] == ["charge.dispute.created", "charge.dispute.closed"]
    subject = opened["data"]["object"]
    assert (subject["payment_intent"], subject["status"], subject["reason"], subject["amount"]) == (
        intent.id,
        "needs_response",
        "fraudulent",
        5000,
    )
    assert closed["data"]["object"]["status"] == ("won" if won else "lost")
    assert world.client.v1.disputes.retrieve(subject["id"]).status == ("won" if won else "lost")
    if won:
        assert world.client.v1.refunds.create({"payment_intent": intent.id}).amount == 5000
    else:
        with pytest.raises(stripe.InvalidRequestError, match="charged back"):
            world.client.v1.refunds.create({"payment_intent": intent.id})


def test_a_dispute_is_of_what_was_paid_and_is_decided_once(world: World) -> None:
    start_payment(world)
    for deed in (world.provider.dispute, lambda each: world.provider.close_dispute(each, won=True)):
        with pytest.raises(Exception, match=r"successful charge|not disputed"):
            deed("pay_1")
    world.provider.capture("pay_1")

    first, again = world.provider.dispute("pay_1"), world.provider.dispute("pay_1")
    world.provider.close_dispute("pay_1", won=False)

    assert again["webhook"]["event_id"] == first["webhook"]["event_id"]
    with pytest.raises(Exception, match="lost already"):
        world.provider.close_dispute("pay_1", won=True)
    with pytest.raises(Exception, match="disputed or refunded before"):
        world.provider.dispute("pay_1")
