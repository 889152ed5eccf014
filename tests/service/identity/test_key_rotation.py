"""Two keys of access tokens live at once, and one takes over from the other without anybody logging in."""

from dataclasses import replace

import jwt
import pytest
from pydantic import Secret

from greenroom.refusals import Unauthenticated
from local.resources import client
from tests.service.identity.world import World
from tests.support.emulator import RunningEmulator


@pytest.fixture(scope="module")
def second_key(emulator: RunningEmulator) -> str:
    kms = client("kms", emulator.url)
    made: str = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    return made


def _with_keys(world: World, *ids: str) -> World:
    return replace(world, settings=world.settings.model_copy(update={"token_key_ids": ids}))


def _kid(token: Secret[str]) -> str:
    return str(jwt.get_unverified_header(token.get_secret_value())["kid"])


def _published(world: World) -> list[dict[str, str]]:
    answer = world.call("GET", "/.well-known/jwks.json")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    keys: list[dict[str, str]] = answer.body["keys"]
    return keys


def test_a_rotation_takes_four_steps_and_nobody_is_logged_out(world: World, second_key: str) -> None:
    (first_key,) = world.settings.token_key_ids
    address = world.verified()
    before = _with_keys(world, first_key)
    announced = _with_keys(world, first_key, second_key)
    signing = _with_keys(world, second_key, first_key)
    after = _with_keys(world, second_key)

    old = before.log_in(address)
    assert announced.principal(old.access_token)
    assert _kid(announced.log_in(address).access_token) == _kid(old.access_token)
    new = signing.app.refresh.refresh(old.refresh_token)

    assert _kid(new.access_token) != _kid(old.access_token)
    for world_of_a_step in (announced, signing):
        assert world_of_a_step.principal(old.access_token)
        assert world_of_a_step.principal(new.access_token)
    assert after.principal(new.access_token)
    with pytest.raises(Unauthenticated):
        after.principal(old.access_token)
    with pytest.raises(Unauthenticated):
        before.principal(new.access_token)


def test_both_keys_are_published_by_their_names_and_nothing_but_their_public_halves(
    world: World, second_key: str
) -> None:
    (first_key,) = world.settings.token_key_ids
    two = _with_keys(world, first_key, second_key)

    published = _published(two)

    assert len({key["kid"] for key in published}) == 2
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in published)
    assert _published(world) == published[:1]
    for signer in (two, _with_keys(world, second_key, first_key)):
        token = signer.log_in(world.verified()).access_token
        (key,) = [key for key in published if key["kid"] == _kid(token)]
        assert jwt.decode(
            token.get_secret_value(),
            jwt.PyJWK(dict(key)),
            ["ES256"],
            options={"verify_aud": False, "verify_iat": False},
        )
