"""What admins do to other people's accounts, and what nobody does to theirs."""

from typing import Any

import pytest

from greenroom.actors import Role
from greenroom.identifiers import new_id
from tests.service.identity.world import PASSWORD, Answer, World

ROLE, DISABLE, ENABLE = (f"/v1/users/{{user_id}}/{verb}" for verb in ("role", "disable", "enable"))
LOGIN, REFRESH, ME = "/v1/auth/login", "/v1/auth/refresh", "/v1/me"


class Admin:
    """Somebody whom the operator made an admin."""

    def __init__(self, world: World) -> None:
        self.world = world
        address = world.address("admin")
        self.id = world.operator.create_user(
            email=address, password=PASSWORD, display_name="Admin", role=Role.ADMIN
        )
        (grant,) = world.sessions(address, 1)
        self.token = grant.access_token

    def does(self, path: str, user_id: str, body: Any = None) -> Answer:
        return self.world.call("POST", path, body, token=self.token, user_id=user_id)


@pytest.fixture
def admin(world: World) -> Admin:
    return Admin(world)


def id_of(world: World, address: str) -> str:
    user = world.app.users.by_email(address)
    assert user
    return user.id


def test_an_approved_agent_is_one_at_the_next_request_and_so_is_a_buyer_again(
    world: World, admin: Admin
) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)

    for role in ("agent", "buyer"):
        assert admin.does(ROLE, id_of(world, address), {"role": role}).status == 204
        assert world.principal(grant.access_token).role == role
        assert world.call("GET", ME, token=grant.access_token).body["role"] == role


def test_nobody_becomes_an_admin_over_the_api(world: World, admin: Admin) -> None:
    address = world.verified()

    for role in ("admin", "provider", "clock", "Agent", "", None, 1):
        answer = admin.does(ROLE, id_of(world, address), {"role": role})
        assert (answer.status, answer.code) == (422, "invalid_request")

    user = world.app.users.by_email(address)
    assert user
    assert user.role is Role.BUYER


@pytest.mark.parametrize(("path", "body"), [(ROLE, {"role": "buyer"}), (DISABLE, None), (ENABLE, None)])
def test_an_admins_account_is_the_operators_matter_ones_own_too(
    world: World, admin: Admin, path: str, body: Any
) -> None:
    for user_id in (Admin(world).id, admin.id):
        answer = admin.does(path, user_id, body)
        assert (answer.status, answer.code) == (409, "operator_only")

    assert world.principal(admin.token).role is Role.ADMIN


def test_an_account_whose_address_is_not_proven_gets_no_other_role(world: World, admin: Admin) -> None:
    answer = admin.does(ROLE, id_of(world, world.registered()), {"role": "agent"})

    assert (answer.status, answer.code) == (409, "user_not_verified")


def test_a_disabled_user_is_out_at_once_and_cannot_come_back(world: World, admin: Admin) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    world.app.password_reset.request(address)
    token = world.mailer.token_for(address)

    for _ in range(2):
        assert admin.does(DISABLE, id_of(world, address)).status == 204

    body = {"email": address, "password": PASSWORD}
    assert world.call("GET", ME, token=grant.access_token).status == 401
    assert world.call("POST", REFRESH, {"refresh_token": grant.refresh_token}).status == 401
    refused = world.call("POST", LOGIN, body)
    assert (refused.status, refused.code) == (401, "invalid_credentials")
    reset = {"token": token, "new_password": "Wolkenkuckucksheim"}
    assert world.call("POST", "/v1/auth/password-reset/confirm", reset).status == 400


def test_an_enabled_user_logs_in_again_and_the_old_sessions_stay_over(world: World, admin: Admin) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    admin.does(DISABLE, id_of(world, address))

    for _ in range(2):
        assert admin.does(ENABLE, id_of(world, address)).status == 204

    assert world.call("POST", LOGIN, {"email": address, "password": PASSWORD}).status == 200
    assert world.call("GET", ME, token=grant.access_token).status == 401
    assert world.call("POST", REFRESH, {"refresh_token": grant.refresh_token}).status == 401


@pytest.mark.parametrize("path", [ROLE, DISABLE, ENABLE])
def test_whom_there_is_not_nothing_is_done_to(world: World, admin: Admin, path: str) -> None:
    body = {"role": "agent"} if path == ROLE else None

    answer = admin.does(path, new_id("usr", world.clock()), body)

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("path", [ROLE, DISABLE, ENABLE])
def test_others_may_not_and_that_they_tried_is_told(
    world: World, path: str, security_events: list[dict[str, Any]]
) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    user_id = id_of(world, address)
    body = {"role": "agent"} if path == ROLE else None

    for target in (user_id, new_id("usr", world.clock())):
        answer = world.call("POST", path, body, token=grant.access_token, user_id=target)
        assert (answer.status, answer.code) == (403, "forbidden")

    assert [line["event"] for line in security_events].count("authz_fail") == 2


def test_each_act_is_told_with_who_did_it(
    world: World, admin: Admin, security_events: list[dict[str, Any]]
) -> None:
    address = world.verified()
    user_id = id_of(world, address)
    security_events.clear()

    admin.does(ROLE, user_id, {"role": "agent"})
    admin.does(ROLE, user_id, {"role": "agent"})
    admin.does(DISABLE, user_id)
    admin.does(ENABLE, user_id)

    assert [(line["event"], line["user_id"], line["by"]) for line in security_events] == [
        ("privilege_permissions_changed", user_id, admin.id),
        ("user_archived", user_id, admin.id),
        ("user_updated", user_id, admin.id),
    ]
    assert address not in repr(security_events)


def test_one_changes_how_one_is_called_and_nothing_else(world: World) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    before = world.call("GET", ME, token=grant.access_token).body

    answer = world.call("PATCH", ME, {"display_name": "  Änn "}, token=grant.access_token)
    refused = [
        world.call("PATCH", ME, {"display_name": "Ann", name: value}, token=grant.access_token)
        for name, value in [("role", "admin"), ("email", "x@example.com"), ("email_verified", True)]
    ]

    assert (answer.status, answer.body) == (200, {**before, "display_name": "Änn"})
    assert world.call("GET", ME, token=grant.access_token).body == answer.body
    assert [(other.status, other.code) for other in refused] == [(422, "invalid_request")] * 3
