"""Changing one's own password."""

from typing import Any

import pytest
from pydantic import Secret

from greenroom.refusals import Unauthenticated
from tests.service.identity.racing import at_once
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, Answer, World

CHANGE, LOGIN, REFRESH, ME = "/v1/auth/password-change", "/v1/auth/login", "/v1/auth/refresh", "/v1/me"


def change(**fields: Any) -> dict[str, Any]:
    return {
        "current_password": PASSWORD,
        "new_password": OTHER_PASSWORD,
        "end_other_sessions": False,
        **fields,
    }


def log_in(world: World, address: str, password: Secret[str] | str) -> Answer:
    return world.call("POST", LOGIN, {"email": address, "password": password})


def test_the_new_password_holds_and_the_owner_is_told(world: World) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)

    assert world.call("POST", CHANGE, change(), token=grant.access_token).status == 204

    assert log_in(world, address, PASSWORD).status == 401
    assert log_in(world, address, OTHER_PASSWORD).status == 200
    assert "changed" in world.mailer.to(address)[-1]["Subject"]


def test_the_other_sessions_go_on_unless_one_wants_them_ended(world: World) -> None:
    this, other = world.sessions(world.verified(), 2)

    world.call("POST", CHANGE, change(), token=this.access_token)

    assert world.call("GET", ME, token=other.access_token).status == 200
    assert world.call("POST", REFRESH, {"refresh_token": other.refresh_token}).status == 200


def test_the_other_sessions_end_at_once_and_this_one_goes_on(world: World) -> None:
    this, *others = world.sessions(world.verified(), 3)

    answer = world.call("POST", CHANGE, change(end_other_sessions=True), token=this.access_token)

    assert answer.status == 204
    for other in others:
        assert world.call("GET", ME, token=other.access_token).status == 401
        assert world.call("POST", REFRESH, {"refresh_token": other.refresh_token}).status == 401
    assert world.call("GET", ME, token=this.access_token).status == 200
    assert world.call("POST", REFRESH, {"refresh_token": this.refresh_token}).status == 200


def test_an_open_session_without_the_password_changes_nothing(
    world: World, security_events: list[dict[str, Any]]
) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)

    answer = world.call("POST", CHANGE, change(current_password="a guess"), token=grant.access_token)

    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert log_in(world, address, PASSWORD).status == 200
    user_id = world.principal(grant.access_token).user_id
    assert ("authn_password_change_fail", user_id) in [
        (line["event"], line.get("user_id")) for line in security_events
    ]
    assert "a guess" not in repr(security_events)


@pytest.mark.parametrize("weak", ["short", "iloveyou1", "Greenroom2026!", "x" * 129])
def test_a_weak_password_is_refused_and_its_field_named(world: World, weak: str) -> None:
    (grant,) = world.sessions(world.verified(), 1)

    answer = world.call("POST", CHANGE, change(new_password=weak), token=grant.access_token)

    assert (answer.status, answer.code) == (422, "weak_password")
    assert [error["field"] for error in answer.body["errors"]] == ["new_password"]


def test_of_two_changes_at_once_one_holds(world: World) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    passwords = ["Wolkenkuckucksheim 1", "Wolkenkuckucksheim 2"]
    waiting = iter(passwords)

    answers = at_once(
        2, lambda: world.call("POST", CHANGE, change(new_password=next(waiting)), token=grant.access_token)
    )

    assert sorted(answer.status for answer in answers if isinstance(answer, Answer)) == [204, 401]
    assert sorted(log_in(world, address, password).status for password in passwords) == [200, 401]


def test_a_session_that_ended_changes_no_password(world: World) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    principal = world.principal(grant.access_token)
    world.app.sessions.end(principal.user_id, principal.session_id)

    assert world.call("POST", CHANGE, change(), token=grant.access_token).status == 401

    with pytest.raises(Unauthenticated):
        world.principal(grant.access_token)
    assert log_in(world, address, PASSWORD).status == 200


def test_whether_other_sessions_end_must_be_said(world: World) -> None:
    (grant,) = world.sessions(world.verified(), 1)
    body = change()
    del body["end_other_sessions"]

    answer = world.call("POST", CHANGE, body, token=grant.access_token)

    assert (answer.status, answer.code) == (422, "invalid_request")
