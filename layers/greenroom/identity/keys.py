"""The keys of access tokens. The private halves never leave KMS; the public ones are a closed set.

A key is named by its thumbprint (RFC 7638), so that the name follows from the key and no two places
have to agree on it.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from greenroom.aws.errors import NO_RESPONSE, error_code, is_retryable
from greenroom.refusals import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

Jwk = dict[str, str]
COORDINATE_BYTES = 32

_PASSING = frozenset({"DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException"})


@contextmanager
def kms_errors_translated() -> Iterator[None]:
    """Turn what passes by itself into ``Unavailable``; a missing right or a lost key stays a fault."""
    try:
        yield
    except ClientError as error:
        if error_code(error) in _PASSING or is_retryable(error):
            raise Unavailable(retry_after=1) from error
        raise
    except NO_RESPONSE as error:
        raise Unavailable(retry_after=1) from error


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key: what KMS calls it, what tokens call it, and its public half."""

    kms_id: str
    kid: str
    public: EllipticCurvePublicKey


class TokenKeys:
    """The keys whose tokens are accepted; the first one signs. Fetched once a process, at first use."""

    def __init__(self, kms: "KMSClient", kms_ids: Sequence[str]) -> None:
        self._kms = kms
        self._kms_ids = kms_ids
        self._lock = Lock()

    @property
    def signing(self) -> TokenKey:
        """The key that new tokens are signed with."""
        return next(iter(self.by_kid.values()))

    @property
    def by_kid(self) -> Mapping[str, TokenKey]:
        """Every accepted key by its name, the signing one first. Raises ``Unavailable``."""
        with self._lock:  # many threads of one process may want the keys first
            return self._fetched

    @cached_property
    def _fetched(self) -> Mapping[str, TokenKey]:
        keys = [self._fetch(kms_id) for kms_id in self._kms_ids]
        return {key.kid: key for key in keys}

    def _fetch(self, kms_id: str) -> TokenKey:
        with kms_errors_translated():
            encoded = self._kms.get_public_key(KeyId=kms_id)["PublicKey"]
        public = load_der_public_key(encoded)
        if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
            raise TypeError("a key of access tokens must be ECC_NIST_P256")
        return TokenKey(kms_id, thumbprint(jwk(public)), public)

    def jwks(self) -> list[Jwk]:
        """Return the public keys as a JWK set's members (RFC 7517)."""
        return [
            {**jwk(key.public), "kid": key.kid, "use": "sig", "alg": "ES256"} for key in self.by_kid.values()
        ]


def jwk(public: EllipticCurvePublicKey) -> Jwk:
    """Return the members of the key's JWK that the thumbprint is made of."""
    numbers = public.public_numbers()
    return {"crv": "P-256", "kty": "EC", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}


def thumbprint(members: Jwk) -> str:
    """Return the RFC 7638 thumbprint: SHA-256 over the members in order, without white space."""
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64url(sha256(canonical.encode()).digest())


def base64url(data: bytes) -> str:
    """Encode as JOSE does: the URL-safe alphabet, no padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _coordinate(number: int) -> str:
    return base64url(number.to_bytes(COORDINATE_BYTES, "big"))
