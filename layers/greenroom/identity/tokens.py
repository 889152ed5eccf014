"""Access tokens: what they claim, and how they are signed (RFC 9068 in ES256).

A token says who and which session; what the session may do is looked up at each request.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pydantic import Secret

from greenroom.actors import Role
from greenroom.identifiers import new_id

from .clock import epoch
from .keys import COORDINATE_BYTES, TokenKeys, base64url, kms_errors_translated

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

ALGORITHM = "ES256"
TYPE = "at+jwt"

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LARGEST_S = P256_ORDER // 2
"""Of the two values of s that verify, tokens hold the smaller: each token has one spelling only."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and the seconds it lives."""

    text: Secret[str]
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSigner:
    """Signs access tokens with the first key, in KMS."""

    kms: "KMSClient"
    keys: TokenKeys
    issuer: str
    audience: str
    seconds: int
    """How long a token lives."""

    def issue(
        self, *, user_id: str, session_id: str, role: Role, not_after: int, now: datetime
    ) -> AccessToken:
        """Return a token for a session that ends at ``not_after`` (epoch seconds); raise ``Unavailable``."""
        issued_at = epoch(now)
        expires_at = min(issued_at + self.seconds, not_after)
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": user_id,
            "sid": session_id,
            "role": role.value,
            "iat": issued_at,
            "exp": expires_at,
            "jti": new_id("jti", now),
        }
        return AccessToken(self._sign(claims), expires_at - issued_at)

    def _sign(self, claims: dict[str, str | int]) -> Secret[str]:
        key = self.keys.signing
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}
        signed = f"{_segment(header)}.{_segment(claims)}"
        with kms_errors_translated():
            answer = self.kms.sign(
                KeyId=key.kms_id,
                Message=signed.encode(),
                MessageType="RAW",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        return Secret(f"{signed}.{base64url(raw_signature(answer['Signature']))}")


def raw_signature(der: bytes) -> bytes:
    """Turn the DER that KMS gives into JOSE's form: r and s, 32 bytes each, s the smaller of the two."""
    r, s = decode_dss_signature(der)
    return b"".join(n.to_bytes(COORDINATE_BYTES, "big") for n in (r, min(s, P256_ORDER - s)))


def _segment(members: dict[str, str | int] | dict[str, str]) -> str:
    return base64url(json.dumps(members, separators=(",", ":")).encode())
