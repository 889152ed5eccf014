"""What the operator does for accounts that are misused or whose owner has lost what opens them."""

from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest

from greenroom.actors import Role
from greenroom.identity import command
from greenroom.identity.account_recovery import AccountRecovery, account_recovery
from greenroom.identity.factor_letters import FactorLetters
from greenroom.identity.factor_refusals import MfaRequired
from greenroom.identity.operator import OperatorError
from greenroom.identity.refusals import InvalidCredentials, InvalidEmail
from greenroom.identity.users import User
from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from tests.service.identity.ceremonies import (
    begin_login,
    begin_registration,
    finish_login,
    finish_registration,
)
from tests.service.identity.recording import Recording, conflict
from tests.service.identity.world import PASSWORD, World
from tests.support.authenticator import Authenticator

LETTERS = FactorLetters("https://greenroom.test", "Greenroom <no-reply@greenroom.test>")


def recovery(world: World) -> AccountRecovery:
    return account_recovery(
        world.tables,
        identity_table=world.settings.identity_table,
        limits_table=world.settings.limits_table,
        clock=world.clock,
    )


def _user(world: World, address: str) -> User:
    user = world.app.users.by_email(address)
    assert user
    return user


def _account(world: World, role: Role) -> str:
    address = world.address()
    world.operator.create_user(email=address, password=PASSWORD, display_name="Ann", role=role)
    return address


def _with_every_factor(world: World) -> tuple[str, Authenticator]:
    """Return the address of somebody with an authenticator app, two passkeys, and a session."""
    address, devices = world.verified(), [Authenticator(), Authenticator()]
    token = world.log_in(address).access_token
    for device in devices:
        credential = device.create(begin_registration(world, token))
        assert finish_registration(world, token, credential).status == 204
    secret = world.call("POST", "/v1/auth/mfa/totp", token=token).body["secret"]
    code = pyotp.TOTP(secret).at(world.clock())
    assert world.call("POST", "/v1/auth/mfa/totp/confirm", {"code": code}, token=token).status == 200
    return address, devices[0]


@pytest.mark.parametrize("role", [Role.BUYER, Role.ADMIN])
def test_an_account_of_any_role_is_disabled_at_its_next_request_and_enabled_again(
    world: World, role: Role
) -> None:
    address = _account(world, role)
    grant = world.log_in(address)

    user_id = recovery(world).disable(address)

    with pytest.raises(Unauthenticated):
        world.principal(grant.access_token)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(grant.refresh_token)
    with pytest.raises(InvalidCredentials):
        world.log_in(address)
    assert recovery(world).enable(user_id) == user_id
    assert world.principal(world.log_in(address).access_token).role is role
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(grant.refresh_token)


def test_no_session_that_is_opened_while_an_account_is_disabled_goes_on(world: World) -> None:
    address = world.verified()
    grants: list[Any] = []
    dynamodb = Recording(world.dynamodb, before_write=[lambda: grants.append(world.log_in(address))])
    world.log_in(address)

    recovery(world.over(dynamodb=dynamodb)).disable(address)

    with pytest.raises(Unauthenticated):
        world.principal(grants[0].access_token)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(grants[0].refresh_token)


def test_an_account_is_logged_out_everywhere_and_logs_in_again(world: World) -> None:
    address = _account(world, Role.ADMIN)
    grants = [world.log_in(address) for _ in range(2)]

    recovery(world).end_sessions(address)

    for grant in grants:
        with pytest.raises(Unauthenticated):
            world.principal(grant.access_token)
    assert world.log_in(address)


def test_every_factor_but_the_password_is_taken_off_and_the_owner_told(world: World) -> None:
    address, device = _with_every_factor(world)
    user = _user(world, address)
    with pytest.raises(MfaRequired):
        world.log_in(address)
    world.sessions(address, 2)

    user_id = recovery(world).remove_factors(address, LETTERS, world.mailer)

    assert user_id == user.id
    assert world.sessions_of(user.id) == {}
    assert finish_login(world, device.get(begin_login(world))).status == 401
    assert world.log_in(address)
    left = {item["sk"].partition("#")[0] for item in _items_of(world, user.id)}
    assert left == {"PROFILE", "SESSION"}
    owners = [item for item in world.items(world.settings.identity_table) if item["sk"] == "OWNER"]
    assert not [item for item in owners if item.get("passkey_id") and item["user_id"] == user.id]
    assert world.mailer.to(address)[-1]["Subject"] == "Your account opens by its password alone"


def _items_of(world: World, user_id: str) -> Iterator[dict[str, Any]]:
    own = keys.user(user_id).pk
    return (item for item in world.items(world.settings.identity_table) if item["pk"] == own)


def test_taking_factors_off_an_account_without_any_is_done_and_told_alike(world: World) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)

    for _ in range(2):
        recovery(world).remove_factors(address, LETTERS, world.mailer)

    with pytest.raises(Unauthenticated):
        world.principal(grant.access_token)
    assert [mail["Subject"] for mail in world.mailer.to(address)[-2:]] == [
        "Your account opens by its password alone"
    ] * 2


def test_a_passkey_that_is_added_while_factors_are_taken_off_goes_too(world: World) -> None:
    address, device = world.verified(), Authenticator()
    token = world.log_in(address).access_token
    options = begin_registration(world, token)

    def add() -> None:
        assert finish_registration(world, token, device.create(options)).status == 204

    hindered = world.over(dynamodb=Recording(world.dynamodb, before_write=[add]))
    recovery(hindered).remove_factors(address, LETTERS, world.mailer)

    assert world.app.factors.passkeys.of(_user(world, address).id) == []


def test_a_session_that_is_opened_meanwhile_and_cannot_be_ended_is_not_continued(world: World) -> None:
    address = world.verified()
    opened: list[Any] = []
    dynamodb = Recording(
        world.dynamodb, before_write=[lambda: opened.append(world.log_in(address)), conflict]
    )

    recovery(world.over(dynamodb=dynamodb)).remove_factors(address, LETTERS, world.mailer)

    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(opened[0].refresh_token)


def test_a_mail_that_fails_is_told_to_the_operator_and_the_command_can_be_repeated(world: World) -> None:
    address, _ = _with_every_factor(world)
    world.mailer.broken = True

    with pytest.raises(OperatorError, match="mail"):
        recovery(world).remove_factors(address, LETTERS, world.mailer)
    world.mailer.broken = False
    assert world.log_in(address)
    before = len(world.mailer.to(address))

    recovery(world).remove_factors(address, LETTERS, world.mailer)

    assert len(world.mailer.to(address)) == before + 1


def test_what_was_done_is_logged_without_an_address(
    world: World, security_events: list[dict[str, Any]]
) -> None:
    address, _ = _with_every_factor(world)
    user_id = _user(world, address).id
    security_events.clear()
    acting = recovery(world)

    acting.remove_factors(address, LETTERS, world.mailer)
    acting.disable(address)
    acting.disable(address)
    acting.enable(address)

    told = [(line["event"], line.get("change"), line["user_id"], line["by"]) for line in security_events]
    assert told == [
        ("user_updated", "second_factors_removed", user_id, "operator"),
        ("user_archived", None, user_id, "operator"),
        ("user_updated", "enabled", user_id, "operator"),
    ]
    assert security_events[0]["passkeys"] == 2
    assert "@" not in repr(security_events)


@pytest.mark.parametrize("who", ["nobody@example.com", "usr_01JD0000000000000000000001"])
def test_an_account_that_is_not_there_is_said_to_be_none(world: World, who: str) -> None:
    acting = recovery(world)

    for act in (acting.disable, acting.enable, acting.end_sessions):
        with pytest.raises(OperatorError, match="no such account"):
            act(who)
    with pytest.raises(OperatorError, match="no such account"):
        acting.remove_factors(who, LETTERS, world.mailer)
    with pytest.raises(InvalidEmail):
        acting.disable("usr_")


@pytest.fixture
def shell(world: World, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment in which the command is called."""
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("IDENTITY_TABLE", world.settings.identity_table)
    monkeypatch.setenv("LIMITS_TABLE", world.settings.limits_table)
    monkeypatch.setenv("PUBLIC_URL", world.settings.public_url)
    monkeypatch.setenv("MAIL_FROM", world.settings.mail_from)
    monkeypatch.setattr(command, "client", lambda _name: world.dynamodb)
    monkeypatch.setattr(command, "SesMailer", lambda: world.mailer)
    return monkeypatch


def _by_email(_world: World, address: str) -> list[str]:
    return ["--email", address]


def _by_id(world: World, address: str) -> list[str]:
    return ["--user-id", _user(world, address).id]


@pytest.mark.parametrize("named", [_by_email, _by_id])
def test_the_command_disables_and_enables(
    world: World,
    shell: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    named: Callable[[World, str], list[str]],
) -> None:
    address = world.verified()
    account = named(world, address)

    assert command.main(["disable", *account]) == 0
    assert _user(world, address).disabled
    assert command.main(["enable", *account]) == 0
    assert not _user(world, address).disabled
    assert command.main(["end-sessions", *account]) == 0

    assert capsys.readouterr().out.splitlines()[-1] == _user(world, address).id


def test_the_command_takes_factors_off_and_mails_the_owner(world: World, shell: pytest.MonkeyPatch) -> None:
    address, _ = _with_every_factor(world)

    assert command.main(["remove-factors", "--email", address]) == 0

    assert world.log_in(address)
    assert "password alone" in world.mailer.to(address)[-1]["Subject"]


def test_without_the_settings_of_mails_no_factor_is_taken_off(
    world: World, shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address, _ = _with_every_factor(world)
    shell.delenv("MAIL_FROM")

    assert command.main(["remove-factors", "--email", address]) == 1

    assert "MAIL_FROM" in capsys.readouterr().err
    with pytest.raises(MfaRequired):
        world.log_in(address)


@pytest.mark.parametrize("name", ["disable", "enable", "end-sessions", "remove-factors"])
def test_help_names_the_command_and_says_how_an_account_is_named(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for asked in (["--help"], [name, "--help"]):
        with pytest.raises(SystemExit) as ended:
            command.main(asked)
        assert ended.value.code == 0

    whole, _, own = capsys.readouterr().out.partition(f"identity.command {name} ")
    assert f" {name}" in whole
    assert "--email" in own
    assert "--user-id" in own


def test_an_account_is_named_in_one_way() -> None:
    for account in ([], ["--email", "a@example.com", "--user-id", "usr_01JD0000000000000000000001"]):
        with pytest.raises(SystemExit) as ended:
            command.main(["disable", *account])
        assert ended.value.code == 2
