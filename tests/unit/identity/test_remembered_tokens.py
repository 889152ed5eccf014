"""A sandbox remembers which tokens are genuine, and nothing else about them."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from pydantic import Secret

from greenroom.identity.keys import TokenKeys
from greenroom.identity.verification import LEEWAY_SECONDS, MOST_KEPT, TokenVerifier
from greenroom.refusals import Unauthenticated
from tests.unit.identity.fake_kms import FakeKms
from tests.unit.identity.forging import AUDIENCE, ISSUER, NOW, SECONDS, Forger, good_claims

LIFE = int(good_claims()["exp"]) - SECONDS
KMS = FakeKms("key-1")
KEYS = TokenKeys(KMS.client, ("key-1",))
FORGER = Forger(KMS.keys["key-1"], KEYS.signing.kid)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were checked, in order."""
    tokens: list[str] = []
    decode = jwt.decode

    def counting(token: str, *arguments: Any, **options: Any) -> Any:
        tokens.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr(jwt, "decode", counting)
    return tokens


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier(KEYS, ISSUER, AUDIENCE)


def test_a_tokens_signature_is_checked_once(checked: list[str], verifier: TokenVerifier) -> None:
    one, other = FORGER.token(), FORGER.token()

    said = [verifier.verify(Secret(token), NOW) for token in (one, other, one, other, one)]

    assert checked == [one, other]
    assert said[0] == said[2] == said[4]


def test_one_that_was_genuine_is_refused_once_it_is_over(verifier: TokenVerifier) -> None:
    token = FORGER.token()
    assert verifier.verify(Secret(token), NOW + timedelta(seconds=LIFE))

    with pytest.raises(Unauthenticated):
        verifier.verify(Secret(token), NOW + timedelta(seconds=LIFE + LEEWAY_SECONDS))
    with pytest.raises(Unauthenticated):
        verifier.verify(Secret(token), NOW - timedelta(days=1))
    assert verifier.verify(Secret(token), NOW)


def test_one_that_is_refused_is_looked_at_each_time(checked: list[str], verifier: TokenVerifier) -> None:
    genuine = FORGER.token()
    head, _, signature = genuine.rpartition(".")
    forged = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    verifier.verify(Secret(genuine), NOW)

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            verifier.verify(Secret(forged), NOW)

    assert checked == [genuine, forged, forged]


def test_what_is_remembered_cannot_be_changed(verifier: TokenVerifier) -> None:
    said: Any = verifier._genuine(Secret(FORGER.token()))

    with pytest.raises(TypeError):
        said["role"] = "admin"


def test_no_more_are_remembered_than_said(checked: list[str], verifier: TokenVerifier) -> None:
    first = FORGER.token()
    for token in (first, *(FORGER.token() for _ in range(MOST_KEPT)), first):
        verifier.verify(Secret(token), NOW)

    assert checked.count(first) == 2


def test_another_verifier_remembers_nothing_of_it(checked: list[str], verifier: TokenVerifier) -> None:
    token = FORGER.token()
    verifier.verify(Secret(token), NOW)

    with pytest.raises(Unauthenticated):
        TokenVerifier(KEYS, ISSUER, "another audience").verify(Secret(token), NOW)

    assert checked == [token, token]
