"""Access tokens as the signer makes them, and the keys as they are published."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, EndpointConnectionError
from cryptography.hazmat.primitives.asymmetric import ec, utils
from pydantic import Secret

from greenroom.actors import Role
from greenroom.identity.keys import TokenKeys, jwk, thumbprint
from greenroom.identity.tokens import LARGEST_S, TokenSigner, raw_signature
from greenroom.identity.verification import TokenVerifier
from greenroom.refusals import Unavailable
from tests.unit.identity.fake_kms import FakeKms
from tests.unit.identity.forging import AUDIENCE, ISSUER, NOW, SECONDS, SESSION_ID, USER_ID


def signer(kms: FakeKms, *key_ids: str) -> TokenSigner:
    keys = TokenKeys(kms.client, key_ids or tuple(kms.keys))
    return TokenSigner(kms=kms.client, keys=keys, issuer=ISSUER, audience=AUDIENCE, seconds=600)


def issue(made_by: TokenSigner, *, role: Role = Role.BUYER, not_after: int = SECONDS + 9999) -> str:
    token = made_by.issue(user_id=USER_ID, session_id=SESSION_ID, role=role, not_after=not_after, now=NOW)
    return token.text.get_secret_value()


def test_a_signed_token_is_accepted_and_says_who_and_which_session() -> None:
    kms = FakeKms("key-1")
    made_by = signer(kms)

    claims = TokenVerifier(made_by.keys, ISSUER, AUDIENCE).verify(
        Secret(issue(made_by, role=Role.AGENT)), NOW
    )

    assert (claims.user_id, claims.session_id, claims.role) == (USER_ID, SESSION_ID, Role.AGENT)
    assert (claims.issued_at, claims.expires_at) == (SECONDS, SECONDS + 600)


def test_another_library_verifies_the_token_by_the_published_key() -> None:
    made_by = signer(FakeKms("key-1"))
    token = issue(made_by)

    published = {key["kid"]: jwt.PyJWK(dict(key)) for key in made_by.keys.jwks()}
    header = jwt.get_unverified_header(token)
    payload = jwt.decode(
        token,
        published[header["kid"]],
        algorithms=["ES256"],
        audience=AUDIENCE,
        options={"verify_exp": False, "verify_iat": False},
    )

    assert header == {"alg": "ES256", "kid": header["kid"], "typ": "at+jwt"}
    assert payload.keys() == {"iss", "aud", "sub", "sid", "role", "iat", "exp", "jti"}


def test_a_token_never_outlives_its_session() -> None:
    made_by = signer(FakeKms("key-1"))

    token = made_by.issue(
        user_id=USER_ID, session_id=SESSION_ID, role=Role.BUYER, not_after=SECONDS + 60, now=NOW
    )

    payload = json.loads(urlsafe_b64decode(token.text.get_secret_value().split(".")[1] + "=="))
    assert (payload["exp"], token.seconds) == (SECONDS + 60, 60)


def test_two_tokens_of_one_moment_differ_in_their_id() -> None:
    made_by = signer(FakeKms("key-1"))

    ids = {json.loads(urlsafe_b64decode(issue(made_by).split(".")[1] + "=="))["jti"] for _ in range(5)}

    assert len(ids) == 5


@pytest.mark.parametrize("larger_s", [False, True])
def test_a_signature_always_holds_the_smaller_s(larger_s: bool) -> None:
    made_by = signer(FakeKms("key-1", larger_s=larger_s))

    token = issue(made_by)

    signature = urlsafe_b64decode(token.split(".")[2] + "==")
    assert len(signature) == 64
    assert int.from_bytes(signature[32:], "big") <= LARGEST_S
    assert TokenVerifier(made_by.keys, ISSUER, AUDIENCE).verify(Secret(token), NOW)


def test_small_numbers_in_a_signature_are_padded_to_their_full_width() -> None:
    assert raw_signature(utils.encode_dss_signature(1, 2)) == bytes(31) + b"\1" + bytes(31) + b"\2"


def test_the_first_key_signs_and_all_are_accepted() -> None:
    kms = FakeKms("old", "new")
    before, after = signer(kms, "old", "new"), signer(kms, "new", "old")

    old_token, new_token = issue(before), issue(after)

    assert jwt.get_unverified_header(old_token)["kid"] != jwt.get_unverified_header(new_token)["kid"]
    for keys in (before.keys, after.keys):
        for token in (old_token, new_token):
            assert TokenVerifier(keys, ISSUER, AUDIENCE).verify(Secret(token), NOW)


def test_the_keys_are_fetched_once_however_many_tokens_are_checked() -> None:
    kms = FakeKms("key-1", "key-2")
    made_by = signer(kms)
    token = issue(made_by)

    for _ in range(3):
        TokenVerifier(made_by.keys, ISSUER, AUDIENCE).verify(Secret(token), NOW + timedelta(seconds=1))

    assert [name for name, _ in kms.calls].count("get_public_key") == 2


def test_a_key_is_named_by_the_digest_of_its_canonical_members() -> None:
    public = FakeKms("key-1").keys["key-1"].public_key()
    members = jwk(public)

    canonical = f'{{"crv":"P-256","kty":"EC","x":"{members["x"]}","y":"{members["y"]}"}}'

    assert urlsafe_b64decode(thumbprint(members) + "=") == sha256(canonical.encode()).digest()


def test_a_coordinate_with_leading_zeros_keeps_its_full_width() -> None:
    scalar = next(
        n
        for n in range(1, 5000)
        if ec.derive_private_key(n, ec.SECP256R1()).public_key().public_numbers().x.bit_length() <= 248
    )

    members = jwk(ec.derive_private_key(scalar, ec.SECP256R1()).public_key())

    assert len(urlsafe_b64decode(members["x"] + "=")) == 32


def test_a_published_key_holds_nothing_private() -> None:
    keys = TokenKeys(FakeKms("key-1").client, ("key-1",)).jwks()

    assert [key.keys() for key in keys] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]


def test_a_key_of_another_curve_stops_everything() -> None:
    kms = FakeKms("key-1")
    kms.keys["key-1"] = ec.generate_private_key(ec.SECP384R1())

    with pytest.raises(TypeError):
        TokenKeys(kms.client, ("key-1",)).jwks()


class _FailingKms(FakeKms):
    def __init__(self, error: Exception) -> None:
        super().__init__("key-1")
        self.error: Exception | None = error

    def get_public_key(self, **parameters: object) -> dict[str, object]:
        if self.error:
            raise self.error
        return super().get_public_key(**parameters)


def _refused(code: str, status: int = 400) -> ClientError:
    told: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "GetPublicKey")


@pytest.mark.parametrize(
    "error",
    [
        _refused("ThrottlingException"),
        _refused("KMSInternalException", 500),
        _refused("503", 503),
        _refused("429", 429),
        EndpointConnectionError(endpoint_url="https://service.test"),
        CredentialRetrievalError(provider="awscrt", error_msg="no credentials for now"),
    ],
)
def test_a_throttled_or_silent_key_store_is_unavailable_and_is_asked_again(error: Exception) -> None:
    kms = _FailingKms(error)
    keys = TokenKeys(kms.client, ("key-1",))

    with pytest.raises(Unavailable):
        keys.jwks()
    kms.error = None

    assert len(keys.jwks()) == 1


def test_a_missing_right_is_a_fault_and_no_refusal() -> None:
    keys = TokenKeys(_FailingKms(_refused("AccessDeniedException")).client, ("key-1",))

    with pytest.raises(ClientError):
        keys.jwks()
