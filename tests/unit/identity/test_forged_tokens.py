"""A corpus of tokens that must be refused, each differing from a valid one in one thing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import Secret

from greenroom.identity.keys import TokenKeys, jwk
from greenroom.identity.tokens import P256_ORDER
from greenroom.identity.verification import LARGEST_TOKEN, LEEWAY_SECONDS, TokenVerifier
from greenroom.refusals import Unauthenticated
from tests.unit.identity.fake_kms import FakeKms
from tests.unit.identity.forging import (
    AUDIENCE,
    ISSUER,
    NOW,
    SECONDS,
    USER_ID,
    Forger,
    base64url,
    good_claims,
    segment,
)

KMS = FakeKms("key-1")
KEYS = TokenKeys(KMS.client, ("key-1",))
FORGER = Forger(KMS.keys["key-1"], KEYS.signing.kid)
VERIFIER = TokenVerifier(KEYS, ISSUER, AUDIENCE)
STRANGER = ec.generate_private_key(ec.SECP256R1())

Make = Callable[[], str]


def _parts() -> tuple[str, str, str]:
    header, payload, signature = FORGER.token().split(".")
    return header, payload, signature


def _arranged(form: str) -> str:
    header, payload, signature = _parts()
    return form.format(h=header, p=payload, s=signature)


def _with_signature(change: Callable[[bytes], bytes]) -> Make:
    def make() -> str:
        header, payload, signature = _parts()
        return f"{header}.{payload}.{base64url(change(base64.urlsafe_b64decode(signature + '==')))}"

    return make


def _unsigned(alg: str) -> str:
    return f"{segment({**FORGER.header, 'alg': alg})}.{segment(good_claims())}."


def _keyed_with_the_public_key(encoding: Encoding) -> str:
    secret = FORGER.key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    text = f"{segment({**FORGER.header, 'alg': 'HS256'})}.{segment(good_claims())}"
    return f"{text}.{base64url(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _tampered(**claims: Any) -> str:
    header, _, signature = _parts()
    return f"{header}.{segment(good_claims(**claims))}.{signature}"


def _der(signature: bytes) -> bytes:
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    return utils.encode_dss_signature(r, s)


def _larger_s(signature: bytes) -> bytes:
    return signature[:32] + (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def _second_spelling() -> str:
    # The last character of a signature has four bits that say nothing.
    token = FORGER.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def _raw_header(text: str) -> str:
    return FORGER.encoded(base64url(text.encode()), segment(good_claims()))


def _raw_payload(text: str) -> str:
    return FORGER.encoded(segment(FORGER.header), base64url(text.encode()))


def _without_s() -> str:
    return _with_signature(lambda signature: signature[:32] + bytes(32))()


HEADER_WITH_A_MEMBER_TWICE = f'{{"alg":"none","alg":"ES256","kid":"{FORGER.kid}","typ":"at+jwt"}}'

FORGERIES: dict[str, Make] = {
    # the form
    "empty": lambda: "",
    "not a token": lambda: "Bearer",
    "two segments": lambda: ".".join(_parts()[:2]),
    "signature twice": lambda: f"{FORGER.token()}.{_parts()[2]}",
    "payload twice": lambda: _arranged("{h}.{p}.{p}.{s}"),
    "empty payload": lambda: _arranged("{h}..{s}"),
    "encrypted form": lambda: "a.b.c.d.e",
    "white space before": lambda: f" {FORGER.token()}",
    "line end after": lambda: f"{FORGER.token()}\n",
    "padding": lambda: _arranged("{h}.{p}.{s}=="),
    "the other alphabet": lambda: _arranged("{h}.{p}+/.{s}"),
    "letters beyond ASCII": lambda: _arranged("{h}.{p}é.{s}"),
    "oversize": lambda: FORGER.token(extra="x" * LARGEST_TOKEN),
    "header of an impossible length": lambda: FORGER.encoded("abcde", segment(good_claims())),
    "header is no JSON": lambda: _raw_header("at+jwt"),
    "header is a list": lambda: _raw_header('["ES256"]'),
    "header is no UTF-8": lambda: FORGER.encoded(base64url(b"\xff{}"), segment(good_claims())),
    "header nested deeper than a parser goes": lambda: FORGER.encoded(base64url(b"[" * 1400), segment({})),
    "header has a member twice": lambda: _raw_header(HEADER_WITH_A_MEMBER_TWICE),
    "payload is no JSON": lambda: _raw_payload("usr"),
    "payload is a list": lambda: _raw_payload(json.dumps([good_claims()])),
    # the algorithm
    "alg none, no signature": lambda: _unsigned("none"),
    "alg None, no signature": lambda: _unsigned("None"),
    "alg ES256, no signature": lambda: _unsigned("ES256"),
    "alg none, a signature": lambda: FORGER.token({"alg": "none"}),
    "HS256 by the public key's PEM": lambda: _keyed_with_the_public_key(Encoding.PEM),
    "HS256 by the public key's DER": lambda: _keyed_with_the_public_key(Encoding.DER),
    "alg in other letters": lambda: FORGER.token({"alg": "es256"}),
    "alg ES384": lambda: FORGER.token({"alg": "ES384"}),
    "alg is a list": lambda: FORGER.token({"alg": ["ES256"]}),
    "no alg": lambda: FORGER.token({"alg": ...}),
    # the type
    "typ JWT": lambda: FORGER.token({"typ": "JWT"}),
    "typ of an id token": lambda: FORGER.token({"typ": "id+jwt"}),
    "typ in other letters": lambda: FORGER.token({"typ": "AT+JWT"}),
    "typ with its prefix": lambda: FORGER.token({"typ": "application/at+jwt"}),
    "no typ": lambda: FORGER.token({"typ": ...}),
    # the key
    "unknown kid": lambda: FORGER.token({"kid": "unknown"}),
    "kid is a path": lambda: FORGER.token({"kid": "../../dev/null"}),
    "kid is a number": lambda: FORGER.token({"kid": 0}),
    "kid is a list": lambda: FORGER.token({"kid": [FORGER.kid]}),
    "kid is null": lambda: FORGER.token({"kid": None}),
    "no kid": lambda: FORGER.token({"kid": ...}),
    "a stranger's key under our kid": lambda: Forger(STRANGER, FORGER.kid).token(),
    "a stranger's key in jwk": lambda: Forger(STRANGER, FORGER.kid).token(
        {"jwk": jwk(STRANGER.public_key())}
    ),
    # other members of the header, all of which are rightly signed
    "jku": lambda: FORGER.token({"jku": "https://attacker.test/jwks.json"}),
    "x5u": lambda: FORGER.token({"x5u": "https://attacker.test/chain.pem"}),
    "x5c": lambda: FORGER.token({"x5c": ["MIIB"]}),
    "crit": lambda: FORGER.token({"crit": ["exp"], "exp": 1}),
    "b64": lambda: FORGER.token({"crit": ["b64"], "b64": False}),
    "zip": lambda: FORGER.token({"zip": "DEF"}),
    "cty": lambda: FORGER.token({"cty": "JWT"}),
    "an unknown member": lambda: FORGER.token({"extra": 1}),
    # the signature
    "signature in DER": _with_signature(_der),
    "the larger s": _with_signature(_larger_s),
    "signature of zeros": _with_signature(lambda _: bytes(64)),
    "s of zero": _without_s,
    "r and s of the order": _with_signature(lambda _: P256_ORDER.to_bytes(32, "big") * 2),
    "r and s exchanged": _with_signature(lambda signature: signature[32:] + signature[:32]),
    "one bit changed": _with_signature(lambda signature: bytes([signature[0] ^ 1]) + signature[1:]),
    "signature cut": _with_signature(lambda signature: signature[:-1]),
    "signature prolonged": _with_signature(lambda signature: signature + b"\0"),
    "signature in a second spelling": _second_spelling,
    "signature of another token": lambda: _arranged("{h}.{p}.") + FORGER.token(iat=SECONDS - 1).split(".")[2],
    # claims changed after signing
    "role changed": lambda: _tampered(role="admin"),
    "user changed": lambda: _tampered(sub="usr_01JD0000000000000000000009"),
    "expiry changed": lambda: _tampered(exp=SECONDS + 601),
    # claims signed wrong
    "expired": lambda: FORGER.token(exp=SECONDS - LEEWAY_SECONDS),
    "exp is true": lambda: FORGER.token(exp=True),
    "exp is a fraction": lambda: FORGER.token(exp=SECONDS + 600.5),
    "exp is text": lambda: FORGER.token(exp=str(SECONDS + 600)),
    "exp is null": lambda: FORGER.token(exp=None),
    "exp is infinite": lambda: FORGER.token(exp=float("inf")),
    "no exp": lambda: FORGER.token(exp=...),
    "issued in the future": lambda: FORGER.token(iat=SECONDS + LEEWAY_SECONDS + 1),
    "iat is true": lambda: FORGER.token(iat=True),
    "iat is a fraction": lambda: FORGER.token(iat=SECONDS - 0.5),
    "no iat": lambda: FORGER.token(iat=...),
    "not yet valid": lambda: FORGER.token(nbf=SECONDS + LEEWAY_SECONDS + 1),
    "nbf is text": lambda: FORGER.token(nbf=str(SECONDS)),
    "nbf is null": lambda: FORGER.token(nbf=None),
    "nbf is infinite": lambda: FORGER.token(nbf=float("inf")),
    "another issuer": lambda: FORGER.token(iss="https://attacker.test"),
    "issuer with a slash": lambda: FORGER.token(iss=f"{ISSUER}/"),
    "issuer is a list": lambda: FORGER.token(iss=[ISSUER]),
    "no issuer": lambda: FORGER.token(iss=...),
    "another audience": lambda: FORGER.token(aud="other-api"),
    "audience is a list": lambda: FORGER.token(aud=[AUDIENCE]),
    "audience is a list with others": lambda: FORGER.token(aud=["other-api", AUDIENCE]),
    "audience is empty": lambda: FORGER.token(aud=""),
    "no audience": lambda: FORGER.token(aud=...),
    "no sub": lambda: FORGER.token(sub=...),
    "sub of another kind": lambda: FORGER.token(sub=USER_ID.replace("usr", "cel")),
    "sub is a key's prefix": lambda: FORGER.token(sub="usr_"),
    "sub has more behind it": lambda: FORGER.token(sub=f"{USER_ID}\n"),
    "sub is a number": lambda: FORGER.token(sub=1),
    "no sid": lambda: FORGER.token(sid=...),
    "sid is a user's": lambda: FORGER.token(sid=USER_ID),
    "sid is a list": lambda: FORGER.token(sid=["ses_01JD0000000000000000000001"]),
    "no role": lambda: FORGER.token(role=...),
    "an unknown role": lambda: FORGER.token(role="owner"),
    "the role of no person": lambda: FORGER.token(role="clock"),
    "role is a list": lambda: FORGER.token(role=["buyer"]),
    "no jti": lambda: FORGER.token(jti=...),
    "jti is free text": lambda: FORGER.token(jti="1"),
}


@pytest.mark.parametrize("make", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_refused_without_a_word_on_why(make: Make, socket_disabled: None) -> None:
    token = make()
    before = len(KMS.calls)

    with pytest.raises(Unauthenticated) as refused:
        VERIFIER.verify(Secret(token), NOW)

    assert (refused.value.detail, refused.value.field) == (Unauthenticated().detail, None)
    assert len(KMS.calls) == before, "no token may make anything be fetched"


def test_the_token_that_all_forgeries_start_from_is_accepted() -> None:
    assert VERIFIER.verify(Secret(FORGER.token()), NOW).user_id == USER_ID


@pytest.mark.parametrize(
    "seconds", [-LEEWAY_SECONDS, 0, 599, 600 + LEEWAY_SECONDS - 1], ids=lambda s: f"{s} s after"
)
def test_a_token_is_accepted_from_its_issue_to_its_expiry_give_or_take_the_leeway(seconds: int) -> None:
    assert VERIFIER.verify(Secret(FORGER.token()), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-LEEWAY_SECONDS - 1, 600 + LEEWAY_SECONDS, 86400])
def test_a_token_is_refused_outside_that_time(seconds: int) -> None:
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(Secret(FORGER.token()), NOW + timedelta(seconds=seconds))


def test_a_key_that_left_the_settings_is_accepted_no_more() -> None:
    kms = FakeKms("old", "new")
    old = Forger(kms.keys["old"], TokenKeys(kms.client, ("old",)).signing.kid).token()

    assert TokenVerifier(TokenKeys(kms.client, ("new", "old")), ISSUER, AUDIENCE).verify(Secret(old), NOW)
    with pytest.raises(Unauthenticated):
        TokenVerifier(TokenKeys(kms.client, ("new",)), ISSUER, AUDIENCE).verify(Secret(old), NOW)
