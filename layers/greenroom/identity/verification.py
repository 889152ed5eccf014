"""Checks access tokens. Whatever is wrong with one, the answer is the same ``Unauthenticated``.

The text is checked before any parser sees it, the header before any key is chosen, the signature before
the claims are read. Nothing in a token makes anything be fetched.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import jwt
from pydantic import Secret

from greenroom.actors import Role
from greenroom.identifiers import is_id
from greenroom.refusals import Unauthenticated

from .clock import epoch
from .keys import COORDINATE_BYTES, TokenKey, TokenKeys
from .principal import Claims
from .tokens import ALGORITHM, LARGEST_S, TYPE

LARGEST_TOKEN = 2048
LEEWAY_SECONDS = 5
"""By how much two machines' clocks may differ."""
MOST_KEPT = 256
"""Of how many tokens a sandbox remembers that they are genuine: at most half a megabyte."""

# 64 bytes are 86 characters, of which the last carries two bits: any other ending is a second spelling.
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]{85}[AQgw])")
_HEADER = frozenset({"typ", "alg", "kid"})
_REQUIRED = ["iss", "aud", "sub", "sid", "role", "iat", "exp", "jti"]
_ROLES = frozenset({Role.BUYER.value, Role.AGENT.value, Role.ADMIN.value})


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Accepts the tokens of one issuer for one audience."""

    keys: TokenKeys
    issuer: str
    audience: str
    _genuine: Callable[[Secret[str]], Mapping[str, Any]] = field(init=False, repr=False, compare=False)
    """What a genuine token says. Whoever calls once calls again, and a signature does not change; what is
    refused is looked at anew each time, and so is the time, and by others whether the session lives."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_genuine", lru_cache(MOST_KEPT)(self._checked))

    def verify(self, token: Secret[str], now: datetime) -> Claims:
        """Return the claims of a genuine, current token; raise ``Unauthenticated``."""
        return _claims(self._genuine(token), epoch(now))

    def _checked(self, token: Secret[str]) -> Mapping[str, Any]:
        text = token.get_secret_value()
        key = self._key_of(text)
        try:
            payload = jwt.decode(
                text,
                key.public,
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                options={
                    "require": _REQUIRED,
                    "strict_aud": True,
                    # Times are compared below: to the injected clock, and as whole numbers only.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidTokenError:
            raise Unauthenticated from None
        return MappingProxyType(payload)

    def _key_of(self, token: str) -> TokenKey:
        found = _FORM.fullmatch(token) if len(token) <= LARGEST_TOKEN else None
        if found is None or _s_of(found[2]) > LARGEST_S:
            raise Unauthenticated
        header = _header(found[1])
        if header.keys() != _HEADER or header["typ"] != TYPE or header["alg"] != ALGORITHM:
            raise Unauthenticated
        kid = header["kid"]
        key = self.keys.by_kid.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unauthenticated
        return key


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _s_of(signature: str) -> int:
    return int.from_bytes(_decoded(signature)[COORDINATE_BYTES:], "big")


def _header(segment: str) -> Mapping[str, Any]:
    try:
        header = json.loads(_decoded(segment), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Unauthenticated from None
    if not isinstance(header, dict):
        raise Unauthenticated
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _claims(payload: Mapping[str, Any], now: int) -> Claims:
    issued_at, expires_at = payload["iat"], payload["exp"]
    begins_at = payload.get("nbf", issued_at)  # ours have none; one that came with a key of ours is obeyed
    # Exact types: a boolean is an int to Python, and "9999999999" is later than anything.
    if not all(type(moment) is int for moment in (issued_at, expires_at, begins_at)):
        raise Unauthenticated
    if max(issued_at, begins_at) > now + LEEWAY_SECONDS or expires_at + LEEWAY_SECONDS <= now:
        raise Unauthenticated
    forms = (("sub", "usr"), ("sid", "ses"), ("jti", "jti"))
    if not all(isinstance(payload[name], str) and is_id(payload[name], prefix) for name, prefix in forms):
        raise Unauthenticated
    role = payload["role"]
    if not isinstance(role, str) or role not in _ROLES:
        raise Unauthenticated
    return Claims(payload["sub"], payload["sid"], Role(role), issued_at, expires_at)
