"""The payment port on Stripe, by its own library, which is imported only where it is called."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from greenroom.telemetry.errors import provider_call
from greenroom.telemetry.metrics import record_provider_call

from .provider import Intent, InvalidSignature, ProviderEvent, ProviderUnavailable

if TYPE_CHECKING:
    from stripe import StripeClient

_TYPES = {"payment_intent.succeeded": "captured", "payment_intent.payment_failed": "failed"}
_TOLERANCE_SECONDS = 300
_LONGEST_ID = 255
_SIGNED_AT = re.compile(r"(?:.*?,)?t=([0-9]{1,12})(?:,.*)?")
_SENT_WITH_DECIMALS = {"ISK": 100, "UGX": 100}
"""Currencies without decimals whose amounts the provider's API nevertheless counts in hundredths."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the operator keeps in Secrets Manager for the provider."""

    api_key: str
    webhook_secret: str


@contextmanager
def _asked(operation: str) -> Iterator[None]:
    """Measure a call of the provider, and turn its failure into ``ProviderUnavailable``."""
    import stripe

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
    _client: "StripeClient | None" = None

    def _stripe(self) -> "StripeClient":
        if self._client is None:
            import stripe

            addresses: Any = {"api": self.api_url} if self.api_url else {}
            self._client = stripe.StripeClient(
                self.credentials().api_key,
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
        return Intent(intent.id, intent.client_secret or "")

    def refund(self, *, intent_id: str, amount: int, currency: str, key: str) -> None:
        """Refund a part of a payment intent."""
        amount *= _SENT_WITH_DECIMALS.get(currency, 1)
        with _asked("refund"):
            self._stripe().v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount}, {"idempotency_key": key}
            )

    def parse_event(self, payload: bytes, signature: str) -> ProviderEvent:
        """Verify with the library's own check, at most five minutes after the signing, or before it."""
        import stripe

        secret = self.credentials().webhook_secret
        try:
            text = payload.decode("utf-8")
            stripe.WebhookSignature.verify_header(text, signature, secret, _TOLERANCE_SECONDS)
            _check_not_ahead(signature)
            return _event(json.loads(text))
        except (stripe.SignatureVerificationError, ValueError, LookupError, TypeError, AttributeError):
            raise InvalidSignature from None


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
    kind = _TYPES.get(document["type"])
    intent = document["data"]["object"]
    metadata = intent.get("metadata") or {}
    if kind is None or not {"booking_id", "payment_id"} <= metadata.keys():
        return ProviderEvent(id=_text(document["id"]), type="other")
    failure = intent.get("last_payment_error") or {}
    currency = intent["currency"].upper()
    amount = intent["amount_received"] if kind == "captured" else intent["amount"]
    factor = _SENT_WITH_DECIMALS.get(currency, 1)
    return ProviderEvent(
        id=_text(document["id"]),
        type="captured" if kind == "captured" else "failed",
        booking_id=_text(metadata["booking_id"]),
        payment_id=_text(metadata["payment_id"]),
        # What is no whole number of our units stays as it is: it equals no amount that we asked for.
        amount=amount if amount % factor else amount // factor,
        currency=currency,
        reason=str(failure.get("code") or ""),
    )
