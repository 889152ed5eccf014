"""Tokens that differ from a genuine one in one thing, most of them signed by the real key.

The key never leaves KMS; the tests ask KMS itself. So a token is refused for its form or its claims alone,
which no attacker without the key would even reach.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from greenroom.identity.keys import jwk
from greenroom.identity.tokens import P256_ORDER, raw_signature
from tests.security.backstage import Backstage
from tests.unit.identity.forging import base64url, segment

STRANGER = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Forger:
    """Makes tokens from a genuine one. ``trap`` is an address of our own, for keys that are to be fetched."""

    backstage: Backstage
    genuine: str
    trap: str

    @property
    def parts(self) -> list[str]:
        """The genuine token's header, payload and signature as they came."""
        return self.genuine.split(".")

    @property
    def signature(self) -> bytes:
        return base64.urlsafe_b64decode(self.parts[2] + "==")

    def _members(self, part: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(self.parts[part] + "=="))
        return found

    def header(self, **changes: Any) -> dict[str, Any]:
        return _changed(self._members(0), changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        return _changed(self._members(1), changes)

    def encoded(self, header: str, payload: str) -> str:
        """Return two finished segments with the real key's signature."""
        signature = self.backstage.sign(f"{header}.{payload}")
        return f"{header}.{payload}.{base64url(signature)}"

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a rightly signed token; a change to ``...`` leaves a member out."""
        return self.encoded(segment(self.header(**(header or {}))), segment(self.claims(**claims)))

    def signed_by(self, sign: Callable[[bytes], bytes], **header: Any) -> str:
        """Return the genuine claims under another signature."""
        text = f"{segment(self.header(**header))}.{self.parts[1]}"
        return f"{text}.{base64url(sign(text.encode()))}"

    def with_signature(self, signature: bytes) -> str:
        return ".".join([*self.parts[:2], base64url(signature)])


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not ...}


def _by_stranger(text: bytes) -> bytes:
    return raw_signature(STRANGER.sign(text, ec.ECDSA(SHA256())))


def _by_rsa(text: bytes) -> bytes:
    return rsa.generate_private_key(65537, 2048).sign(text, PKCS1v15(), SHA256())


def _by_p384(text: bytes) -> bytes:
    return ec.generate_private_key(ec.SECP384R1()).sign(text, ec.ECDSA(SHA384()))


def _by_public_key(forger: Forger, encoding: Encoding) -> Callable[[bytes], bytes]:
    key = load_der_public_key(forger.backstage.public_key)
    secret = key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    return lambda text: hmac.new(secret, text, hashlib.sha256).digest()


def _der(forger: Forger) -> bytes:
    r, s = (int.from_bytes(part, "big") for part in (forger.signature[:32], forger.signature[32:]))
    return encode_dss_signature(r, s)


def _larger_s(forger: Forger) -> bytes:
    larger = P256_ORDER - int.from_bytes(forger.signature[32:], "big")
    return forger.signature[:32] + larger.to_bytes(32, "big")


def _twice(forger: Forger, *, header: bool) -> str:
    part = json.dumps(forger.header() if header else forger.claims())
    doubled = base64url(
        f'{{"alg":"none",{part[1:]}'.encode() if header else f'{{"role":"admin",{part[1:]}'.encode()
    )
    if header:
        return forger.encoded(doubled, forger.parts[1])
    # The genuine claim comes last and would win: what counts is that two readers may differ.
    return forger.encoded(forger.parts[0], doubled)


def _hour(hours: float) -> int:
    return int(time.time() + hours * 3600)


Forge = Callable[[Forger], str]

FORM: dict[str, Forge] = {
    "the scheme again": lambda f: f"Bearer {f.genuine}",
    "in quotes": lambda f: f'"{f.genuine}"',
    "two segments": lambda f: ".".join(f.parts[:2]),
    "four segments": lambda f: f"{f.genuine}.{f.parts[2]}",
    "five segments, as if encrypted": lambda f: ".".join([*f.parts, "A", "A"]),
    "truncated by a character": lambda f: f.genuine[:-1],
    "truncated by half": lambda f: f.genuine[: len(f.genuine) // 2],
    "a character more": lambda f: f"{f.genuine}A",
    "white space inside": lambda f: f.genuine.replace(".", ". ", 1),
    "a tab inside": lambda f: f.genuine.replace(".", ".\t", 1),
    "padded": lambda f: f"{f.genuine}==",
    "padded segments": lambda f: ".".join(f"{part}=" for part in f.parts),
    "the other alphabet": lambda f: f"{f.parts[0]}.{f.parts[1]}+/.{f.parts[2]}",
    "percent-encoded": lambda f: f.genuine.replace(".", "%2E"),
    "two tokens": lambda f: f"{f.genuine},{f.genuine}",
    "letters beyond ASCII": lambda f: f"{f.parts[0]}.{f.parts[1]}\xe9.{f.parts[2]}",
    "the second spelling of its end": lambda f: f.genuine[:-1] + chr(ord(f.genuine[-1]) + 1),
    "2 KB and more": lambda f: f.token(extra="x" * 2048),
    "8 KB": lambda f: f.token(extra="x" * 5800),
    "8 KB of dots": lambda _: "." * 8000,
    "a refresh token": lambda _: "A" * 43,
    "header is no JSON": lambda f: f.encoded(base64url(b"at+jwt"), f.parts[1]),
    "header is a list": lambda f: f.encoded(segment(["ES256"]), f.parts[1]),
    "header is no UTF-8": lambda f: f.encoded(base64url(b'{"alg":"\xff"}'), f.parts[1]),
    "header nested deeply": lambda f: f.encoded(base64url(b"[" * 1200), f.parts[1]),
    "header has alg twice": lambda f: _twice(f, header=True),
    "payload is no JSON": lambda f: f.encoded(f.parts[0], base64url(b"usr")),
    "payload is a list": lambda f: f.encoded(f.parts[0], segment([f.claims()])),
    "payload nested deeply": lambda f: f.encoded(f.parts[0], base64url(b"[" * 1200)),
}

ALGORITHM: dict[str, Forge] = {
    "none without a signature": lambda f: f"{segment(f.header(alg='none'))}.{f.parts[1]}.",
    "nOnE without a signature": lambda f: f"{segment(f.header(alg='nOnE'))}.{f.parts[1]}.",
    "none with the signature": lambda f: f.token({"alg": "none"}),
    "HS256 by the public key in PEM": lambda f: f.signed_by(_by_public_key(f, Encoding.PEM), alg="HS256"),
    "HS256 by the public key in DER": lambda f: f.signed_by(_by_public_key(f, Encoding.DER), alg="HS256"),
    "RS256": lambda f: f.signed_by(_by_rsa, alg="RS256"),
    "ES384": lambda f: f.signed_by(_by_p384, alg="ES384"),
    "ES384 by the real key": lambda f: f.token({"alg": "ES384"}),
    "EdDSA": lambda f: f.token({"alg": "EdDSA"}),
    "es256": lambda f: f.token({"alg": "es256"}),
    "a list": lambda f: f.token({"alg": ["ES256"]}),
    "none at all": lambda f: f.token({"alg": ...}),
}

HEADER: dict[str, Forge] = {
    "typ JWT": lambda f: f.token({"typ": "JWT"}),
    "typ of an id token": lambda f: f.token({"typ": "id+jwt"}),
    "typ in capitals": lambda f: f.token({"typ": "AT+JWT"}),
    "typ as a media type": lambda f: f.token({"typ": "application/at+jwt"}),
    "no typ": lambda f: f.token({"typ": ...}),
    "crit": lambda f: f.token({"crit": ["exp"], "exp": 1}),
    "b64": lambda f: f.token({"crit": ["b64"], "b64": False}),
    "zip": lambda f: f.token({"zip": "DEF"}),
    "jku, rightly signed": lambda f: f.token({"jku": f"{f.trap}/jwks.json"}),
    "jku of a stranger": lambda f: f.signed_by(_by_stranger, jku=f"{f.trap}/jwks.json", kid="stranger"),
    "x5u": lambda f: f.signed_by(_by_stranger, x5u=f"{f.trap}/chain.pem"),
    "x5c": lambda f: f.signed_by(_by_stranger, x5c=["MIIB"]),
    "jwk": lambda f: f.signed_by(_by_stranger, jwk=jwk(STRANGER.public_key())),
    "jwk, rightly signed": lambda f: f.token({"jwk": jwk(STRANGER.public_key())}),
    "a stranger's key under our kid": lambda f: f.signed_by(_by_stranger),
    "an unknown kid": lambda f: f.token({"kid": "unknown"}),
    "kid is a path": lambda f: f.signed_by(
        lambda text: hmac.digest(b"", text, "sha256"), kid="../../../dev/null"
    ),
    "kid is an address": lambda f: f.signed_by(_by_stranger, kid=f"{f.trap}/key"),
    "kid is a query": lambda f: f.token({"kid": "' OR '1'='1"}),
    "kid is a list": lambda f: f.token({"kid": [f.header()["kid"]]}),
    "kid is an object": lambda f: f.token({"kid": {"kid": f.header()["kid"]}}),
    "kid is a number": lambda f: f.token({"kid": 0}),
    "no kid": lambda f: f.token({"kid": ...}),
    "iss in the header": lambda f: f.token({"iss": f.trap}),
}

SIGNATURE: dict[str, Forge] = {
    "in DER": lambda f: f.with_signature(_der(f)),
    "the larger s": lambda f: f.with_signature(_larger_s(f)),
    "zeros": lambda f: f.with_signature(bytes(64)),
    "r and s of the order": lambda f: f.with_signature(P256_ORDER.to_bytes(32, "big") * 2),
    "r and s exchanged": lambda f: f.with_signature(f.signature[32:] + f.signature[:32]),
    "a bit changed": lambda f: f.with_signature(bytes([f.signature[0] ^ 1]) + f.signature[1:]),
    "a byte short": lambda f: f.with_signature(f.signature[:-1]),
    "a byte long": lambda f: f.with_signature(f.signature + b"\0"),
    "none": lambda f: ".".join([*f.parts[:2], ""]),
    "of another genuine token": lambda f: ".".join([*f.parts[:2], f.token(iat=_hour(-0.01)).split(".")[2]]),
    "of claims that were changed": lambda f: ".".join(
        [f.parts[0], segment(f.claims(role="admin")), f.parts[2]]
    ),
    "of another user": lambda f: ".".join(
        [f.parts[0], segment(f.claims(sub="usr_01ARZ3NDEKTSV4RRFFQ69G5FAV")), f.parts[2]]
    ),
}

CLAIMS: dict[str, Forge] = {
    "expired": lambda f: f.token(iat=_hour(-2), exp=_hour(-1)),
    "expired for six seconds": lambda f: f.token(exp=int(time.time()) - 6),
    "exp as text": lambda f: f.token(exp=str(_hour(1))),
    "exp as a fraction": lambda f: f.token(exp=_hour(1) + 0.5),
    "exp true": lambda f: f.token(exp=True),
    "exp null": lambda f: f.token(exp=None),
    "exp infinite": lambda f: f.token(exp=float("inf")),
    "exp not a number": lambda f: f.token(exp=float("nan")),
    "exp of 400 digits as text": lambda f: f.token(exp="9" * 400),
    "exp negative": lambda f: f.token(exp=-1),
    "no exp": lambda f: f.token(exp=...),
    "issued in an hour": lambda f: f.token(iat=_hour(1), exp=_hour(2)),
    "iat as text": lambda f: f.token(iat=str(_hour(0))),
    "iat as a fraction": lambda f: f.token(iat=time.time() - 0.5),
    "iat true": lambda f: f.token(iat=True),
    "no iat": lambda f: f.token(iat=...),
    "good in an hour": lambda f: f.token(nbf=_hour(1)),
    "nbf as text": lambda f: f.token(nbf=str(_hour(-1))),
    "nbf as a fraction": lambda f: f.token(nbf=time.time() - 60.5),
    "nbf true": lambda f: f.token(nbf=True),
    "nbf null": lambda f: f.token(nbf=None),
    "another issuer": lambda f: f.token(iss=f.trap),
    "issuer with a slash": lambda f: f.token(iss=f.claims()["iss"] + "/"),
    "issuer in a list": lambda f: f.token(iss=[f.claims()["iss"]]),
    "no issuer": lambda f: f.token(iss=...),
    "another audience": lambda f: f.token(aud="other"),
    "audience in a list": lambda f: f.token(aud=[f.claims()["aud"]]),
    "audience among others": lambda f: f.token(aud=["other", f.claims()["aud"]]),
    "audience in capitals": lambda f: f.token(aud=f.claims()["aud"].upper()),
    "no audience": lambda f: f.token(aud=...),
    "no sub": lambda f: f.token(sub=...),
    "sub of another kind": lambda f: f.token(sub=f.claims()["sub"].replace("usr", "cel")),
    "sub of another user": lambda f: f.token(sub="usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    "sub is a list": lambda f: f.token(sub=[f.claims()["sub"]]),
    "no sid": lambda f: f.token(sid=...),
    "an unknown session": lambda f: f.token(sid="ses_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    "sid is a user's": lambda f: f.token(sid=f.claims()["sub"]),
    "no role": lambda f: f.token(role=...),
    "the role of no person": lambda f: f.token(role="provider"),
    "an unknown role": lambda f: f.token(role="root"),
    "no jti": lambda f: f.token(jti=...),
    "jti is free text": lambda f: f.token(jti="1"),
}
