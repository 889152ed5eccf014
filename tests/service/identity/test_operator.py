"""What the operator does by command."""

import io
from typing import Any

import pytest
from pydantic import Secret

from greenroom.actors import Role
from greenroom.identity import command
from greenroom.identity.operator import OperatorError
from greenroom.identity.refusals import WeakPassword
from greenroom.refusals import Unauthenticated
from tests.service.identity.recording import Recording
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World


@pytest.mark.parametrize("role", [Role.BUYER, Role.AGENT, Role.ADMIN])
def test_a_user_of_any_role_is_made_verified_and_can_log_in(world: World, role: Role) -> None:
    address = world.address()

    user_id = world.operator.create_user(email=address, password=PASSWORD, display_name="Ann", role=role)

    principal = world.principal(world.log_in(address).access_token)
    assert (principal.user_id, principal.role, principal.verified) == (user_id, role, True)


@pytest.mark.parametrize("role", [Role.CLOCK, Role.PROVIDER])
def test_no_user_gets_the_role_of_no_person(world: World, role: Role) -> None:
    with pytest.raises(OperatorError):
        world.operator.create_user(email=world.address(), password=PASSWORD, display_name="Ann", role=role)
    with pytest.raises(OperatorError):
        world.operator.grant_role(email=world.verified(), role=role)


def test_a_taken_address_is_left_as_it_is(world: World) -> None:
    address = world.registered()

    with pytest.raises(OperatorError):
        world.operator.create_user(
            email=address.upper(), password=OTHER_PASSWORD, display_name="Admin", role=Role.ADMIN
        )

    assert world.principal(world.log_in(address).access_token).role is Role.BUYER


def test_an_operators_password_obeys_the_same_rule(world: World) -> None:
    with pytest.raises(WeakPassword):
        world.operator.create_user(
            email=world.address(), password=Secret("password"), display_name="Ann", role=Role.ADMIN
        )


def test_a_granted_role_bites_at_the_next_request_of_every_session(world: World) -> None:
    address = world.verified()
    sessions = [world.log_in(address) for _ in range(3)]

    world.operator.grant_role(email=address, role=Role.AGENT)

    assert {world.principal(session.access_token).role for session in sessions} == {Role.AGENT}
    assert world.principal(world.log_in(address).access_token).role is Role.AGENT


def test_a_session_opened_while_a_role_is_granted_gets_it_too(world: World) -> None:
    address = world.verified()
    grants: list[Any] = []
    dynamodb = Recording(world.dynamodb, before_write=[lambda: grants.append(world.log_in(address))])
    world.log_in(address)

    world.over(dynamodb=dynamodb).operator.grant_role(email=address, role=Role.AGENT)

    assert world.principal(grants[0].access_token).role is Role.AGENT


def test_a_session_that_ends_while_a_role_is_granted_is_not_revived(world: World) -> None:
    address = world.verified()
    ended, other = world.log_in(address), world.log_in(address)
    principal = world.principal(ended.access_token)
    dynamodb = Recording(
        world.dynamodb,
        before_write=[lambda: world.app.sessions.end(principal.user_id, principal.session_id)],
    )

    world.over(dynamodb=dynamodb).operator.grant_role(email=address, role=Role.AGENT)

    with pytest.raises(Unauthenticated):
        world.principal(ended.access_token)
    assert world.principal(other.access_token).role is Role.AGENT


def test_a_role_is_granted_to_nobody_whose_address_is_not_verified(world: World) -> None:
    for address in (world.registered(), world.address()):
        with pytest.raises(OperatorError):
            world.operator.grant_role(email=address, role=Role.ADMIN)


def test_what_the_operator_did_is_logged(world: World, security_events: list[dict[str, Any]]) -> None:
    address = world.address()
    user_id = world.operator.create_user(
        email=address, password=PASSWORD, display_name="Ann", role=Role.BUYER
    )
    world.operator.grant_role(email=address, role=Role.ADMIN)

    assert [(line["event"], line["user_id"], line["by"]) for line in security_events] == [
        ("user_created", user_id, "operator"),
        ("privilege_permissions_changed", user_id, "operator"),
    ]


@pytest.fixture
def shell(world: World, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment in which the command is called."""
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("IDENTITY_TABLE", world.settings.identity_table)
    monkeypatch.setenv("LIMITS_TABLE", world.settings.limits_table)
    monkeypatch.setattr(command, "client", lambda _name: world.dynamodb)
    return monkeypatch


def test_the_command_makes_an_admin_with_the_password_from_standard_input(
    world: World, shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = world.address()
    shell.setattr("sys.stdin", io.StringIO(f"{PASSWORD.get_secret_value()}\n"))

    status = command.main(["create-user", "--email", address, "--role", "admin", "--display-name", "Ann"])

    principal = world.principal(world.log_in(address).access_token)
    assert (status, principal.role) == (0, Role.ADMIN)
    assert principal.user_id in capsys.readouterr().out


def test_the_command_grants_a_role(world: World, shell: pytest.MonkeyPatch) -> None:
    address = world.verified()

    assert command.main(["grant-role", "--email", address, "--role", "agent"]) == 0

    assert world.principal(world.log_in(address).access_token).role is Role.AGENT


@pytest.mark.parametrize("missing", ["STAGE", "IDENTITY_TABLE", None])
def test_the_command_says_what_is_wrong_and_ends_with_1(
    world: World, shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str | None
) -> None:
    if missing:
        shell.delenv(missing)

    assert command.main(["grant-role", "--email", world.address(), "--role", "agent"]) == 1

    assert (missing or "no account") in capsys.readouterr().err


def test_the_command_takes_no_password_as_an_argument(world: World, shell: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        command.main(["create-user", "--password", PASSWORD.get_secret_value()])
