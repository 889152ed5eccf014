"""Tokens by hand: any header, any claims, any signature."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from greenroom.identity.tokens import raw_signature

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER, AUDIENCE = "https://greenroom.test", "greenroom-api"
USER_ID = "usr_01JD0000000000000000000000"
SESSION_ID = "ses_01JD0000000000000000000001"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def segment(members: Any) -> str:
    return base64url(json.dumps(members).encode())


def good_claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a valid token with changes; a change to ``...`` leaves the claim out."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": USER_ID,
        "sid": SESSION_ID,
        "role": "buyer",
        "iat": SECONDS,
        "exp": SECONDS + 600,
        "jti": "jti_01JD0000000000000000000002",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not ...}


@dataclass
class Forger:
    """Somebody who even holds the key: what he makes is refused for its form or content alone."""

    key: ec.EllipticCurvePrivateKey
    kid: str
    header: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.header = {"alg": "ES256", "kid": self.kid, "typ": "at+jwt"}

    def sign(self, text: str) -> bytes:
        return raw_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))

    def encoded(self, header: str, payload: str) -> str:
        """Return a token of two finished segments, rightly signed."""
        return f"{header}.{payload}.{base64url(self.sign(f'{header}.{payload}'))}"

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a rightly signed token; ``header`` adds members, ``...`` leaves one out."""
        members = {
            name: value for name, value in {**self.header, **(header or {})}.items() if value is not ...
        }
        return self.encoded(segment(members), segment(good_claims(**claims)))
