"""Messages of the payment provider, signed with its secret or with something else."""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from tests.security.wire import Reply, exchange

HOOK = "/v1/webhooks/stripe"


def paid(booking_id: Any, payment_id: Any, amount: Any, currency: Any, **changes: Any) -> dict[str, Any]:
    """Return the event that a payment was taken."""
    intent = {
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "currency": currency.lower() if isinstance(currency, str) else currency,
        "metadata": {"booking_id": booking_id, "payment_id": payment_id},
    }
    event = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": intent},
    }
    return {**event, **changes}


def signature(secret: str, payload: bytes, moment: int) -> str:
    """Return the signature header of a payload."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def post(base_url: str, payload: bytes, *signatures: str) -> Reply:
    """Send a payload under signature headers as given."""
    headers = [("Content-Type", "application/json"), *(("Stripe-Signature", each) for each in signatures)]
    return exchange(base_url, "POST", HOOK, headers, payload)


def post_event(base_url: str, secret: str, event: Any, *, age: int = 0) -> Reply:
    """Send an event that was signed so many seconds ago."""
    payload = json.dumps(event).encode()
    return post(base_url, payload, signature(secret, payload, int(time.time()) - age))
