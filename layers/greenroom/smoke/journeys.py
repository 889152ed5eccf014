"""What each function behind the gateway is asked: nothing that changes anything, and enough to touch what it
needs. A version that cannot read its settings, its tables, its secrets or its keys fails here."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .asking import NOWHERE, Ask, Call, Unexpected, expect, expect_document, expect_refusal

_FAR_DAYS = 14
_JSON = {"Content-Type": "application/json"}


def _forged() -> str:
    """Return a token of the right form under a key that is none of ours: to refuse it, ours must be known."""
    parts = ({"alg": "ES256", "kid": "smoke", "typ": "at+jwt"}, {"sub": "smoke"})
    texts = [json.dumps(part).encode() for part in parts] + [bytes(64)]
    return ".".join(base64.urlsafe_b64encode(text).decode().rstrip("=") for text in texts)


def _refuses_strangers(call: Call, ask: Ask) -> None:
    expect_refusal(call, ask, 401, "unauthenticated")
    forged = replace(ask, headers={**ask.headers, "Authorization": f"Bearer {_forged()}"})
    expect_refusal(call, forged, 401, "unauthenticated")


def check_auth(call: Call) -> None:
    """The public keys, and refusals; no login, whose failure would count as an attack."""
    if not expect_document(call, Ask(resource="/.well-known/jwks.json"), member="keys")["keys"]:
        raise Unexpected("GET /.well-known/jwks.json: no keys")
    _refuses_strangers(call, Ask(resource="/v1/me"))
    broken = Ask(method="POST", resource="/v1/auth/login", headers=_JSON, body=b"{")
    expect_refusal(call, broken, 400, "malformed_body")


def check_catalog(call: Call) -> None:
    """The list, the first one's profile and free slots; before anybody is in it, the list alone."""
    listed = expect_document(call, Ask(resource="/v1/celebrities"), member="items")["items"]
    unknown = Ask(resource="/v1/celebrities/{celebrity_id}", parameters={"celebrity_id": NOWHERE})
    expect_refusal(call, unknown, 404, "not_found")
    for found in listed[:1]:
        known = {"celebrity_id": str(found["id"])}
        profile = Ask(resource="/v1/celebrities/{celebrity_id}", parameters=known)
        for offering in expect_document(call, profile, member="offerings")["offerings"][:1]:
            expect_document(call, free_slots(known["celebrity_id"], str(offering["id"])), member="items")


def free_slots(celebrity_id: str, offering_id: str, *, days: int = 7) -> Ask:
    """Return the question for an offering's free slots, two weeks from now."""
    first = datetime.now(UTC).date() + timedelta(days=_FAR_DAYS)
    return Ask(
        resource="/v1/celebrities/{celebrity_id}/availability",
        parameters={"celebrity_id": celebrity_id},
        query={
            "from": first.isoformat(),
            "to": (first + timedelta(days=days)).isoformat(),
            "offering_id": offering_id,
        },
    )


def check_bookings(call: Call) -> None:
    """That bookings are nobody's business: without a token there is nothing here that one may see."""
    _refuses_strangers(call, Ask(resource="/v1/bookings"))
    one = Ask(resource="/v1/bookings/{booking_id}", parameters={"booking_id": NOWHERE})
    expect_refusal(call, one, 401, "unauthenticated")


def check_payments(call: Call) -> None:
    """That neither a stranger nor a message without the provider's signature moves money."""
    payment = Ask(
        method="POST",
        resource="/v1/bookings/{booking_id}/payments",
        parameters={"booking_id": NOWHERE},
        headers=_JSON,
        body=b'{"kind": "deposit"}',
    )
    _refuses_strangers(call, payment)
    unsigned = Ask(method="POST", resource="/v1/webhooks/stripe", headers=_JSON, body=b"{}")
    expect_refusal(call, unsigned, 400, "invalid_signature")


def check_health(call: Call) -> None:
    """That it runs, that what every request needs can be read, and that its details are for our own."""
    expect(call, Ask(resource="/health/live"), 200)
    expect(call, Ask(resource="/health/ready"), 200)
    _refuses_strangers(call, Ask(resource="/health/detailed"))
    expect_document(call, Ask(resource="/openapi.json"), member="paths")


JOURNEYS: Mapping[str, Callable[[Call], None]] = {
    "auth": check_auth,
    "catalog": check_catalog,
    "bookings": check_bookings,
    "payments": check_payments,
    "health": check_health,
}
"""By function. Each raises ``Unexpected`` at the first answer that is wrong."""
