"""Calls of the provider's API: what is asked for, under which key, and what its errors become."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from pydantic import Secret

from greenroom.payments.provider import Intent, ProviderEvent, ProviderUnavailable
from greenroom.payments.stripe_provider import Credentials, StripeProvider, _event

NAMES = {"booking_id": "bkg_1", "payment_id": "pay_1"}


@dataclass
class RecordingClient:
    """Stands where the provider's client would, and keeps what it was asked."""

    error: Exception | None = None
    calls: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    @property
    def v1(self) -> SimpleNamespace:
        return SimpleNamespace(payment_intents=self, refunds=self)

    def create(self, parameters: dict[str, Any], options: dict[str, Any]) -> SimpleNamespace:
        self.calls.append((parameters, options))
        if self.error:
            raise self.error
        return SimpleNamespace(id="pi_1", client_secret="pi_1_secret")

    def list(self, _parameters: dict[str, Any]) -> SimpleNamespace:
        return SimpleNamespace(auto_paging_iter=lambda: iter(()))


def provider(client: RecordingClient) -> StripeProvider:
    return StripeProvider(lambda: Credentials("sk_test", "whsec"), _client=client)  # type: ignore[arg-type]


def test_a_payment_is_opened_under_its_own_id_as_the_key() -> None:
    client = RecordingClient()

    intent = provider(client).create(amount=25_000, currency="EUR", **NAMES)

    assert intent == Intent("pi_1", Secret("pi_1_secret"))
    assert client.calls == [
        ({"amount": 25_000, "currency": "eur", "metadata": NAMES}, {"idempotency_key": "pay_1"})
    ]


def test_a_refund_is_made_under_the_given_key() -> None:
    client = RecordingClient()

    provider(client).refund(intent_id="pi_1", amount=100, currency="EUR", key="pay_1:0")

    assert client.calls == [
        (
            {"payment_intent": "pi_1", "amount": 100, "metadata": {"refund": "pay_1:0"}},
            {"idempotency_key": "pay_1:0"},
        )
    ]


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"), [("JPY", 500, 500), ("EUR", 500, 500), ("KWD", 500, 500)]
)
def test_amounts_are_minor_units_as_they_are(currency: str, ours: int, theirs: int) -> None:
    _check_both_ways(currency, ours, theirs)


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_two_currencies_without_decimals_are_sent_with_two_as_the_provider_wants_them(currency: str) -> None:
    _check_both_ways(currency, 500, 50_000)


def _check_both_ways(currency: str, ours: int, theirs: int) -> None:
    client = RecordingClient()
    provider(client).create(amount=ours, currency=currency, **NAMES)
    provider(client).refund(intent_id="pi_1", amount=ours, currency=currency, key="k")
    assert [parameters["amount"] for parameters, _ in client.calls] == [theirs, theirs]

    intent = {
        "id": "pi_1",
        "amount": theirs,
        "amount_received": theirs,
        "currency": currency.lower(),
        "metadata": NAMES,
    }
    document = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": intent}}
    assert _event(document) == ProviderEvent(
        id="evt_1", type="captured", intent_id="pi_1", amount=ours, currency=currency, **NAMES
    )


@pytest.mark.parametrize(
    "error",
    [stripe.APIConnectionError("gone"), stripe.RateLimitError("slow"), stripe.APIError("500")],  # type: ignore[no-untyped-call]
)
def test_a_provider_that_fails_is_briefly_unavailable(error: Exception) -> None:
    failing = provider(RecordingClient(error))

    for call in (
        lambda: failing.create(amount=1, currency="EUR", **NAMES),
        lambda: failing.refund(intent_id="pi_1", amount=1, currency="EUR", key="k"),
    ):
        with pytest.raises(ProviderUnavailable) as refused:
            call()
        assert (refused.value.status, refused.value.code, refused.value.retry_after) == (
            503,
            "provider_unavailable",
            2,
        )


def test_a_refusal_of_the_provider_is_a_fault_of_ours() -> None:
    refusal = stripe.InvalidRequestError("no", "amount")  # type: ignore[no-untyped-call]

    with pytest.raises(stripe.InvalidRequestError):
        provider(RecordingClient(refusal)).create(amount=1, currency="EUR", **NAMES)
