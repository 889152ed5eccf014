"""The payment port on Stripe, by its own library."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import stripe
from pydantic import Secret

from greenroom.telemetry.errors import provider_call
from greenroom.telemetry.metrics import record_provider_call

from .provider import EventKind, Intent, InvalidSignature, ProviderEvent, ProviderUnavailable, Standing

_TYPES: dict[str, EventKind] = {
    "payment_intent.succeeded": "captured",
    "payment_intent.payment_failed": "failed",
    "charge.dispute.created": "disputed",
    "charge.dispute.closed": "dispute_lost",
}
# A bank that only asks, or asked in vain, has taken nothing.
_CLOSED_FOR_US = frozenset({"won", "warning_closed", "prevented"})
_REFUND = "refund"
"""Where the metadata of a refund name its key."""
_CAME_TO_NOTHING = frozenset({"failed", "canceled"})
_TOLERANCE_SECONDS = 300
_LONGEST_ID = 255
_SIGNED_AT = re.compile(r"(?:.*?,)?t=([0-9]{1,12})(?:,.*)?")
_SENT_WITH_DECIMALS = {"ISK": 100, "UGX": 100}
"""Currencies without decimals whose amounts the provider's API nevertheless counts in hundredths."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the operator keeps in Secrets Manager for the provider."""

    api_key: Secret[str]
    webhook_secret: Secret[str]

    @classmethod
    def read(cls, document: Secret[str]) -> "Credentials":
        """Read the JSON document that Secrets Manager keeps."""
        members = json.loads(document.get_secret_value())
        return cls(**{name: Secret(value) for name, value in members.items()})


@contextmanager
def _asked(operation: str) -> Iterator[None]:
    """Measure a call of the provider, and turn its failure into ``ProviderUnavailable``."""
    started, failed = time.perf_counter(), True
    try:
        with provider_call("payments", operation):
            yield
        failed = False
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise ProviderUnavailable(retry_after=2) from error
    finally:
        record_provider_call((time.perf_counter() - started) * 1000, failed=failed)


@dataclass(slots=True)
class StripeProvider:
    """``credentials`` is asked at first use; ``api_url`` replaces the provider's address on one machine."""

    credentials: Callable[[], Credentials]
    api_url: str | None = None
    _client: stripe.StripeClient | None = None

    def _stripe(self) -> stripe.StripeClient:
        if self._client is None:
            addresses: Any = {"api": self.api_url} if self.api_url else {}
            self._client = stripe.StripeClient(
                self.credentials().api_key.get_secret_value(),
                base_addresses=addresses,
                max_network_retries=2,
                http_client=stripe.RequestsClient(timeout=5),
            )
        return self._client

    def create(self, *, amount: int, currency: str, booking_id: str, payment_id: str) -> Intent:
        """Create a payment intent."""
        with _asked("create"):
            intent = self._stripe().v1.payment_intents.create(
                {
                    "amount": amount * _SENT_WITH_DECIMALS.get(currency, 1),
                    "currency": currency.lower(),
                    "metadata": {"booking_id": booking_id, "payment_id": payment_id},
                },
                {"idempotency_key": payment_id},
            )
        return Intent(intent.id, Secret(intent.client_secret or ""))

    def find(self, intent_id: str) -> Standing:
        """Look the payment intent up."""
        with _asked("find"):
            return _standing(self._stripe().v1.payment_intents.retrieve(intent_id))

    def void(self, intent_id: str) -> Standing:
        """Cancel the payment intent; what cannot be cancelled any more is looked up."""
        with _asked("void"):
            try:
                return _standing(self._stripe().v1.payment_intents.cancel(intent_id))
            except stripe.InvalidRequestError:
                return _standing(self._stripe().v1.payment_intents.retrieve(intent_id))

    def refund(self, *, intent_id: str, amount: int, currency: str, key: str) -> None:
        """Refund a part of a payment intent.

        The provider keeps a key for a day only. What was asked for longer ago, by a table that was down or
        has come from a backup, is found by the key in its metadata. What has gone back whole, as by hand, is
        refunded.
        """
        amount *= _SENT_WITH_DECIMALS.get(currency, 1)
        with _asked("refund"):
            refunds = self._stripe().v1.refunds
            made = refunds.list({"payment_intent": intent_id, "limit": 100})
            if any(_is_refund(each, key) for each in made.auto_paging_iter()):
                return
            try:
                refunds.create(
                    {"payment_intent": intent_id, "amount": amount, "metadata": {_REFUND: key}},
                    {"idempotency_key": key},
                )
            except stripe.InvalidRequestError as refused:
                if refused.code != "charge_already_refunded":
                    raise

    def parse_event(self, payload: bytes, signature: str) -> ProviderEvent:
        """Verify with the library's own check, at most five minutes after the signing, or before it."""
        secret = self.credentials().webhook_secret.get_secret_value()
        try:
            text = payload.decode("utf-8")
            stripe.WebhookSignature.verify_header(text, signature, secret, _TOLERANCE_SECONDS)
            _check_not_ahead(signature)
            return _event(json.loads(text))
        except (stripe.SignatureVerificationError, ValueError, LookupError, TypeError, AttributeError):
            raise InvalidSignature from None


def _standing(intent: stripe.PaymentIntent) -> Standing:
    metadata = intent.metadata.to_dict() if intent.metadata else {}
    currency = intent.currency.upper()
    captured = intent.status == "succeeded"
    amount = intent.amount_received if captured else intent.amount
    return Standing(
        state="captured" if captured else "void" if intent.status == "canceled" else "open",
        booking_id=metadata.get("booking_id", ""),
        payment_id=metadata.get("payment_id", ""),
        amount=_ours(amount, currency),
        currency=currency,
    )


def _is_refund(made: stripe.Refund, key: str) -> bool:
    metadata = made.metadata.to_dict() if made.metadata else {}
    return metadata.get(_REFUND) == key and made.status not in _CAME_TO_NOTHING


def _ours(amount: int, currency: str) -> int:
    """Return an amount of the provider's in our units.

    What is no whole number of them stays as it is: it equals no amount that we asked for.
    """
    factor = _SENT_WITH_DECIMALS.get(currency, 1)
    return amount if amount % factor else amount // factor


def _text(value: Any) -> str:
    """Return an id as it is; raise ``ValueError`` for what is none and might break whoever looks it up."""
    if not isinstance(value, str) or len(value) > _LONGEST_ID:
        raise ValueError("not an id")
    return value


def _check_not_ahead(signature: str) -> None:
    """Refuse what was signed for later: the library looks for old messages alone, and one that is dated
    ahead could be sent again until its day has come and gone. Raises ``ValueError``.
    """
    signed_at = _SIGNED_AT.fullmatch(signature)
    if signed_at is None or int(signed_at[1]) > time.time() + _TOLERANCE_SECONDS:
        raise ValueError("signed for later")


def _event(document: dict[str, Any]) -> ProviderEvent:
    kind, subject = _TYPES.get(document["type"], "other"), document["data"]["object"]
    if kind in ("disputed", "dispute_lost"):
        return _dispute_event(document, kind, subject)
    metadata = subject.get("metadata") or {}
    if kind == "other" or not {"booking_id", "payment_id"} <= metadata.keys():
        return ProviderEvent(id=_text(document["id"]), type="other")
    failure = subject.get("last_payment_error") or {}
    currency = subject["currency"].upper()
    return ProviderEvent(
        id=_text(document["id"]),
        type=kind,
        booking_id=_text(metadata["booking_id"]),
        payment_id=_text(metadata["payment_id"]),
        intent_id=_text(subject.get("id", "")),
        amount=_ours(subject["amount_received"] if kind == "captured" else subject["amount"], currency),
        currency=currency,
        reason=str(failure.get("code") or ""),
    )


def _dispute_event(document: dict[str, Any], kind: EventKind, dispute: dict[str, Any]) -> ProviderEvent:
    if kind == "dispute_lost" and dispute["status"] in _CLOSED_FOR_US:
        kind = "dispute_won"
    return ProviderEvent(
        id=_text(document["id"]),
        type=kind,
        intent_id=_text(dispute["payment_intent"]),
        reason=str(dispute.get("reason") or ""),
    )
