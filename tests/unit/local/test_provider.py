"""The payment provider's own rules, and how it tells us."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.events import Received
from local.provider.books import Declined
from local.provider.forms import decode_form
from local.provider.service import Provider, UnknownPayment
from local.provider.webhooks import ATTEMPTS, Delivery, Webhooks, signature


class Endpoint:
    """Takes what is posted to it and answers as it is told, 200 without."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.posts: list[dict[str, Any]] = []

    def __call__(self, body: bytes, _headers: Mapping[str, str]) -> int:
        self.posts.append(json.loads(body))
        return self.statuses.pop(0) if self.statuses else 200

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.posts]


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def provider(tmp_path: Path, endpoint: Endpoint) -> Provider:
    webhooks = Webhooks("whsec", endpoint, pause=lambda _: None, background=lambda work: work())
    return Provider(tmp_path / "provider.json", "sk", webhooks)


def ask(
    provider: Provider, path: str, form: str = "", *, query: str = "", method: str = "POST", key: str = ""
) -> tuple[int, dict[str, Any]]:
    headers = (("authorization", "Bearer sk"), *([("idempotency-key", key)] if key else []))
    answer = provider.answer(Received(method, path, query, headers, form.encode(), "", 0))
    return answer.status, json.loads(answer.body)


def start(provider: Provider, payment_id: str = "pay_1", amount: int = 500) -> str:
    form = f"amount={amount}&currency=EUR&metadata[payment_id]={payment_id}"
    status, intent = ask(provider, "/v1/payment_intents", form)
    assert status == 200
    return str(intent["id"])


def test_a_payment_of_ours_is_found_and_captured(provider: Provider, endpoint: Endpoint) -> None:
    intent_id = start(provider)

    told = provider.capture("pay_1")

    assert (told["intent_id"], told["status"], told["webhook"]["status"]) == (intent_id, "succeeded", 200)
    event = endpoint.posts[0]
    assert event["type"] == "payment_intent.succeeded"
    paid = event["data"]["object"]
    assert (paid["amount_received"], paid["currency"], paid["metadata"]) == (
        500,
        "eur",
        {"payment_id": "pay_1"},
    )
    assert paid["latest_charge"].startswith("ch_")


def test_capturing_again_only_tells_it_again(provider: Provider, endpoint: Endpoint) -> None:
    start(provider)

    first, again = provider.capture("pay_1"), provider.capture("pay_1")

    assert again["webhook"]["event_id"] == first["webhook"]["event_id"]
    assert len(endpoint.posts) == 2


def test_a_declined_card_can_be_followed_by_a_good_one(provider: Provider, endpoint: Endpoint) -> None:
    start(provider)

    failed, paid = provider.fail("pay_1"), provider.capture("pay_1")

    assert (failed["status"], paid["status"]) == ("requires_payment_method", "succeeded")
    assert endpoint.types == ["payment_intent.payment_failed", "payment_intent.succeeded"]
    assert endpoint.posts[0]["data"]["object"]["last_payment_error"]["code"] == "card_declined"


def test_what_is_paid_cannot_fail_any_more(provider: Provider) -> None:
    start(provider)
    provider.capture("pay_1")

    with pytest.raises(Declined, match="status of succeeded"):
        provider.fail("pay_1")


def test_a_payment_that_nobody_started_is_unknown(provider: Provider) -> None:
    with pytest.raises(UnknownPayment):
        provider.capture("pay_none")


def test_a_cancelled_payment_cannot_be_captured(provider: Provider, endpoint: Endpoint) -> None:
    intent_id = start(provider)

    status, _ = ask(provider, f"/v1/payment_intents/{intent_id}/cancel")

    assert status == 200
    assert endpoint.types == ["payment_intent.canceled"]
    with pytest.raises(Declined, match="status of canceled"):
        provider.capture("pay_1")


def test_a_refund_tells_of_the_charge_and_of_itself(provider: Provider, endpoint: Endpoint) -> None:
    intent_id = start(provider)
    provider.capture("pay_1")

    status, refund = ask(provider, "/v1/refunds", f"payment_intent={intent_id}&amount=200")

    assert (status, refund["amount"], refund["status"]) == (200, 200, "succeeded")
    assert endpoint.types[1:] == ["charge.refunded", "refund.updated"]
    assert endpoint.posts[1]["data"]["object"]["amount_refunded"] == 200
    assert ask(provider, f"/v1/refunds/{refund['id']}", method="GET")[1]["id"] == refund["id"]
    for asked, found in ((intent_id, [refund["id"]]), ("pi_other", [])):
        listed = ask(provider, "/v1/refunds", query=f"payment_intent={asked}", method="GET")[1]
        assert ([each["id"] for each in listed["data"]], listed["has_more"]) == (found, False)


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ("amount=1&payment_intent=pi_none", "No such payment_intent"),
        ("amount=501", "greater than unrefunded"),
        ("amount=0", "Invalid integer"),
        ("amount=-5", "Invalid integer"),
        ("amount=x", "Invalid integer"),
    ],
)
def test_a_refund_that_cannot_be_is_refused(provider: Provider, form: str, complaint: str) -> None:
    intent_id = start(provider)
    provider.capture("pay_1")
    wanted = form if "payment_intent" in form else f"{form}&payment_intent={intent_id}"

    status, body = ask(provider, "/v1/refunds", wanted)

    assert status >= 400
    assert complaint in body["error"]["message"]


def test_what_was_not_paid_is_not_refunded(provider: Provider) -> None:
    intent_id = start(provider)

    status, body = ask(provider, "/v1/refunds", f"payment_intent={intent_id}")

    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    "form", ["currency=eur", "amount=0&currency=eur", "amount=1.5&currency=eur", "amount=5"]
)
def test_a_payment_needs_an_amount_and_a_currency(provider: Provider, form: str) -> None:
    assert ask(provider, "/v1/payment_intents", form)[0] == 400


def test_a_refused_call_may_be_mended_under_the_same_key(provider: Provider) -> None:
    refused, _ = ask(provider, "/v1/payment_intents", "amount=0&currency=eur", key="k")
    taken, _ = ask(provider, "/v1/payment_intents", "amount=5&currency=eur", key="k")

    assert (refused, taken) == (400, 200)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/nothing"), ("POST", "/v1/x"), ("DELETE", "/v1/refunds")]
)
def test_there_is_nothing_else(provider: Provider, method: str, path: str) -> None:
    assert ask(provider, path, method=method)[0] == 404


def test_the_books_survive_a_restart(provider: Provider, tmp_path: Path, endpoint: Endpoint) -> None:
    form = "amount=5&currency=eur&metadata[payment_id]=pay_9"
    _, made = ask(provider, "/v1/payment_intents", form, key="k9")

    restarted = Provider(tmp_path / "provider.json", "sk", Webhooks("whsec", endpoint))

    assert ask(restarted, "/v1/payment_intents", form, key="k9")[1]["id"] == made["id"]
    assert restarted.capture("pay_9")["status"] == "succeeded"


def test_open_payments_are_listed_newest_first(provider: Provider) -> None:
    start(provider, "pay_1", 500)
    start(provider, "pay_2", 700)
    provider.capture("pay_1")

    assert [
        (payment["payment_id"], payment["amount"], payment["open"]) for payment in provider.payments()
    ] == [
        ("pay_2", {"amount": 700, "currency": "EUR"}, True),
        ("pay_1", {"amount": 500, "currency": "EUR"}, False),
    ]


def test_an_event_may_come_twice(provider: Provider, endpoint: Endpoint) -> None:
    provider.webhooks.delivery = Delivery(copies=2)
    start(provider)

    provider.capture("pay_1")

    assert endpoint.posts[0] == endpoint.posts[1]
    assert len(endpoint.posts) == 2


def test_an_event_may_come_after_the_next_one(provider: Provider, endpoint: Endpoint) -> None:
    provider.webhooks.delivery = Delivery(reorder=True)
    start(provider)

    held, sent = provider.fail("pay_1"), provider.capture("pay_1")

    assert (held["webhook"]["status"], sent["webhook"]["status"]) == (None, 200)
    assert endpoint.types == ["payment_intent.succeeded", "payment_intent.payment_failed"]


def test_an_event_that_is_held_back_can_be_released(provider: Provider, endpoint: Endpoint) -> None:
    provider.webhooks.delivery = Delivery(reorder=True)
    start(provider)
    provider.capture("pay_1")

    provider.webhooks.release()
    provider.webhooks.release()

    assert endpoint.types == ["payment_intent.succeeded"]


def test_an_event_may_be_late(endpoint: Endpoint) -> None:
    pauses: list[float] = []
    works: list[Callable[[], None]] = []
    webhooks = Webhooks("whsec", endpoint, Delivery(delay_seconds=3.0), pauses.append, works.append)

    told = webhooks.send({"id": "evt_1", "type": "t"})
    before = list(endpoint.posts)
    works[0]()

    assert told["status"] is None
    assert before == []
    assert pauses == [3.0]
    assert len(endpoint.posts) == 1


def test_an_event_that_nobody_takes_is_tried_a_few_times(endpoint: Endpoint) -> None:
    endpoint.statuses = [0, 500, 404, 302, 500, 500, 500]
    pauses: list[float] = []

    told = Webhooks("whsec", endpoint, pause=pauses.append).send({"id": "evt_1", "type": "t"})

    assert (told["status"], told["attempts"]) == (500, ATTEMPTS)
    assert pauses == sorted(set(pauses))


def test_the_signature_is_over_the_time_and_the_exact_bytes() -> None:
    signed = signature("whsec_x", b'{"a":1}', 1800000000)

    assert signed == "t=1800000000,v1=" + signed.partition("v1=")[2]
    assert len(signed.partition("v1=")[2]) == 64
    assert signature("whsec_x", b'{"a":1} ', 1800000000) != signed
    assert signature("whsec_y", b'{"a":1}', 1800000000) != signed
    assert signature("whsec_x", b'{"a":1}', 1800000001) != signed


def test_form_keys_nest_by_brackets() -> None:
    assert decode_form(b"a=1&m[x]=2&m[y][z]=3&e=&l[0]=4&s=%C3%A9+x") == {
        "a": "1",
        "m": {"x": "2", "y": {"z": "3"}},
        "e": "",
        "l": {"0": "4"},
        "s": "é x",
    }
