"""The payment provider over HTTP, by the official client, and its messages verified by the same."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe

from local.ports import LOOPBACK, port_of, reserve
from local.provider.service import Provider
from local.provider.webhooks import Webhooks, post_to
from local.serving import Serving

API_KEY, SECRET = "sk_test_1", "whsec_1"


@dataclass
class Receiver:
    """An endpoint of ours: it keeps what it is sent and answers what it is told to."""

    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        self.received.append((body, headers[b"stripe-signature"].decode()))
        status = self.statuses.pop(0) if self.statuses else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        self.arrived.set()


@dataclass
class World:
    """A provider, its official client, and the receiver of its messages."""

    provider: Provider
    client: stripe.StripeClient
    receiver: Receiver
    url: str


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    receiver, receiver_socket, socket = Receiver(), reserve(0), reserve(0)
    post = post_to(f"http://{LOOPBACK}:{port_of(receiver_socket)}/v1/webhooks/stripe")
    provider = Provider(tmp_path / "provider.json", API_KEY, Webhooks(SECRET, post, pause=lambda _: None))
    servers = [Serving(receiver, receiver_socket, "receiver"), Serving(provider, socket, "provider")]
    for server in servers:
        server.start()
    url = f"http://{LOOPBACK}:{port_of(socket)}"
    client = stripe.StripeClient(API_KEY, base_addresses={"api": url}, max_network_retries=0)
    yield World(provider, client, receiver, url)
    for server in servers:
        server.stop()
    for bound in (receiver_socket, socket):
        bound.close()


def start_payment(world: World, amount: int = 5000) -> stripe.PaymentIntent:
    return world.client.v1.payment_intents.create(
        {"amount": amount, "currency": "eur", "metadata": {"payment_id": "pay_1"}},
        {"idempotency_key": "key-1"},
    )


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
