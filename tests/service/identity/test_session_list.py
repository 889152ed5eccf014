"""Seeing where one is logged in, and ending it from elsewhere."""

import pytest

from greenroom.identifiers import new_id
from greenroom.refusals import Unauthenticated
from tests.service.identity.world import World

SESSIONS, SESSION = "/v1/auth/sessions", "/v1/auth/sessions/{session_id}"
ME, REFRESH = "/v1/me", "/v1/auth/refresh"


def test_one_sees_ones_own_sessions_newest_first_and_which_is_this_one(world: World) -> None:
    address = world.verified()
    (old,) = world.sessions(address, 1)
    world.clock.advance(minutes=3)
    (new,) = world.sessions(address, 1)
    world.sessions(world.verified(), 1)
    world.clock.advance(minutes=4)
    world.app.refresh.refresh(old.refresh_token)

    answer = world.call("GET", SESSIONS, token=new.access_token)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["items"] == [
        {
            "id": world.principal(grant.access_token).session_id,
            "created_at": created_at,
            "refreshed_at": refreshed_at,
            "expires_at": expires_at,
            "current": grant is new,
        }
        for grant, created_at, refreshed_at, expires_at in [
            (new, "2046-12-01T10:03:00Z", "2046-12-01T10:03:00Z", "2046-12-31T10:03:00Z"),
            (old, "2046-12-01T10:00:00Z", "2046-12-01T10:07:00Z", "2046-12-31T10:00:00Z"),
        ]
    ]


def test_a_session_is_ended_from_another_one_at_once(world: World) -> None:
    kept, lost = world.sessions(world.verified(), 2)
    lost_id = world.principal(lost.access_token).session_id

    answer = world.call("DELETE", SESSION, token=kept.access_token, session_id=lost_id)

    assert answer.status == 204
    assert world.call("GET", ME, token=lost.access_token).status == 401
    assert world.call("POST", REFRESH, {"refresh_token": lost.refresh_token}).status == 401
    assert world.call("GET", ME, token=kept.access_token).status == 200


def test_another_users_session_is_one_that_does_not_exist(world: World) -> None:
    (mine,) = world.sessions(world.verified(), 1)
    (theirs,) = world.sessions(world.verified(), 1)
    their_id = world.principal(theirs.access_token).session_id
    unknown = new_id("ses", world.clock())

    answers = [
        world.call("DELETE", SESSION, token=mine.access_token, session_id=session_id)
        for session_id in (their_id, unknown, "x", "PROFILE")
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(404, "not_found")] * 4
    assert len({answer.text for answer in answers}) == 1
    assert world.principal(theirs.access_token)


def test_ending_all_sessions_ends_this_one_too_and_nobody_elses(world: World) -> None:
    mine = world.sessions(world.verified(), 3)
    (theirs,) = world.sessions(world.verified(), 1)

    answer = world.call("DELETE", SESSIONS, token=mine[1].access_token)

    assert answer.status == 204
    for grant in mine:
        assert world.call("GET", ME, token=grant.access_token).status == 401
        assert world.call("POST", REFRESH, {"refresh_token": grant.refresh_token}).status == 401
    assert world.principal(theirs.access_token)


def test_more_sessions_than_a_transaction_holds_end_together(world: World) -> None:
    grants = world.sessions(world.verified(), 45)

    assert world.call("DELETE", SESSIONS, token=grants[0].access_token).status == 204

    for grant in grants:
        with pytest.raises(Unauthenticated):
            world.principal(grant.access_token)


def test_a_session_that_is_over_is_neither_listed_nor_found(world: World) -> None:
    address = world.verified()
    (old,) = world.sessions(address, 1)
    old_id = world.principal(old.access_token).session_id
    world.clock.advance(seconds=world.settings.session_seconds)
    (new,) = world.sessions(address, 1)

    listed = world.call("GET", SESSIONS, token=new.access_token)
    ended = world.call("DELETE", SESSION, token=new.access_token, session_id=old_id)

    assert [item["current"] for item in listed.body["items"]] == [True]
    assert ended.status == 404


def test_refreshing_does_not_make_a_login_fresh(world: World) -> None:
    (grant,) = world.sessions(world.verified(), 1)
    began = world.principal(grant.access_token).authenticated_at
    world.clock.advance(minutes=9)

    continued = world.app.refresh.refresh(grant.refresh_token)

    assert began == int(world.clock().timestamp()) - 9 * 60
    assert world.principal(continued.access_token).authenticated_at == began
