"""Logging in: who may, and how little the answer tells whoever may not."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import Secret

from greenroom.identity.refusals import InvalidCredentials
from greenroom.storage import keys
from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World


def test_a_login_gives_tokens_that_are_accepted(world: World) -> None:
    address = world.verified()

    grant = world.log_in(address)

    user = world.app.users.by_email(address)
    assert user
    assert world.principal(grant.access_token).user_id == user.id
    assert grant.expires_in == 600
    assert world.app.refresh.refresh(grant.refresh_token)


def test_each_login_is_a_session_of_its_own(world: World) -> None:
    address = world.verified()

    sessions = {world.principal(world.log_in(address).access_token).session_id for _ in range(3)}

    assert len(sessions) == 3


def test_simultaneous_logins_of_one_account_all_succeed(world: World) -> None:
    address = world.verified()

    grants = at_once(8, lambda: world.log_in(address))

    assert not [grant for grant in grants if isinstance(grant, Exception)]


def _unknown(world: World) -> tuple[str, Secret[str]]:
    return world.address(), PASSWORD


def _wrong_password(world: World) -> tuple[str, Secret[str]]:
    return world.verified(), OTHER_PASSWORD


def _unverified(world: World) -> tuple[str, Secret[str]]:
    return world.registered(), OTHER_PASSWORD


def _disabled(world: World) -> tuple[str, Secret[str]]:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, disabled=True))
    return address, PASSWORD


def _no_address(_world: World) -> tuple[str, Secret[str]]:
    return "nobody", PASSWORD


def _endless_password(world: World) -> tuple[str, Secret[str]]:
    return world.verified(), Secret(PASSWORD.get_secret_value() * 50)


@pytest.mark.parametrize(
    "who", [_unknown, _wrong_password, _unverified, _disabled, _no_address, _endless_password]
)
def test_whoever_may_not_log_in_gets_the_same_answer_for_the_same_work(
    world: World, who: Callable[[World], tuple[str, Secret[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, password = who(world)
    checked: list[str] = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, given: str) -> bool:
        checked.append(stored.rpartition("$")[0].rpartition("$")[0])
        return verify(self, stored, given)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    dynamodb = Recording(world.dynamodb)

    answer = world.over(dynamodb=dynamodb).call(
        "POST", "/v1/auth/login", {"email": address, "password": password}
    )

    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert answer.body == {
        "type": "/docs#invalid_credentials",
        "title": "The e-mail address or the password is wrong",
        "status": 401,
        "detail": "The e-mail address or the password is wrong",
        "code": "invalid_credentials",
        "request_id": "request-1",
    }
    assert dynamodb.names == ["update_item", "get_item", "get_item"], "counted, and then looked up"
    assert checked == ["$argon2id$v=19$m=19456,t=2,p=1"]


def test_a_failed_login_opens_no_session(world: World) -> None:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user

    with pytest.raises(InvalidCredentials):
        world.log_in(address, OTHER_PASSWORD)

    assert world.sessions_of(user.id) == {}


def test_a_password_kept_under_older_parameters_is_hashed_anew_at_the_next_login(world: World) -> None:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD.get_secret_value())
    world.tables.write(world.app.users.change(user, password_hash=older))

    world.log_in(address)

    after = world.app.users.by_email(address)
    assert after
    assert after.password_hash.get_secret_value().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert world.log_in(address)


def test_a_login_that_loses_against_a_change_of_the_password_is_decided_anew(world: World) -> None:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    changed = world.app.users.change(user, password_hash=world.app.login.passwords.hash(OTHER_PASSWORD))
    dynamodb = Recording(world.dynamodb, before_write=[lambda: world.tables.write(changed)])

    with pytest.raises(InvalidCredentials):
        world.over(dynamodb=dynamodb).log_in(address)

    assert world.sessions_of(user.id) == {}


def test_a_login_that_loses_against_the_verification_gets_a_verified_session(world: World) -> None:
    address = world.registered()
    token = world.mailer.token_for(address)
    dynamodb = Recording(world.dynamodb, before_write=[lambda: world.app.registration.verify_email(token)])

    grant = world.over(dynamodb=dynamodb).log_in(address)

    assert world.principal(grant.access_token).verified


def test_a_session_that_was_opened_while_the_address_was_verified_is_verified_too(world: World) -> None:
    address = world.registered()
    grants: list[Any] = []
    dynamodb = Recording(world.dynamodb, before_write=[lambda: grants.append(world.log_in(address))])

    world.over(dynamodb=dynamodb).app.registration.verify_email(world.mailer.token_for(address))

    assert world.principal(grants[0].access_token).verified


def test_logins_are_logged_with_the_users_id_and_never_the_address(
    world: World, security_events: list[dict[str, Any]]
) -> None:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    security_events.clear()

    world.log_in(address)
    for failing in (address, world.address()):
        with pytest.raises(InvalidCredentials):
            world.log_in(failing, OTHER_PASSWORD)

    assert [(line["event"], line["severity"], line.get("user_id")) for line in security_events] == [
        ("authn_login_success", "INFO", user.id),
        ("authn_login_fail", "WARN", user.id),
        ("authn_login_fail", "WARN", None),
    ]
    assert "@" not in repr(security_events)
    assert keys.digest(address) not in repr(security_events)
