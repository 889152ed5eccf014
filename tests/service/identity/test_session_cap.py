"""So many sessions of an account live at once, and not one more, however logins race."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from greenroom.identity import opening
from greenroom.identity.grants import Grant
from greenroom.refusals import Unauthenticated, Unavailable
from greenroom.storage import keys
from greenroom.storage.writes import Update
from tests.service.identity.ceremonies import begin_login, finish_login, with_passkey
from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import World

MOST = 3


@pytest.fixture
def small(world: World) -> World:
    """A world in which an account has three sessions at most."""
    return replace(world, settings=world.settings.model_copy(update={"most_sessions": MOST}))


def _user_id(world: World, address: str) -> str:
    user = world.app.users.by_email(address)
    assert user
    return user.id


def _open(world: World, address: str) -> Grant:
    """Open a session as a login does once the password was right, which takes its time."""
    user = world.app.users.by_email(address)
    assert user
    grant = world.app.login.opening.grant(user, [], method="password", now=world.clock())
    world.clock.advance(seconds=1)
    return grant


def _lives(world: World, grant: Grant) -> bool:
    try:
        world.principal(grant.access_token)
    except Unauthenticated:
        return False
    return True


def test_one_login_more_than_there_may_be_ends_the_oldest_and_it_bites_at_the_next_request(
    small: World,
) -> None:
    address = small.verified()
    grants = [_open(small, address) for _ in range(MOST)]
    assert all(_lives(small, grant) for grant in grants)

    newest = small.log_in(address)

    assert [_lives(small, grant) for grant in grants] == [False, True, True]
    with pytest.raises(Unauthenticated):
        small.app.refresh.refresh(grants[0].refresh_token)
    assert _lives(small, newest)
    assert small.app.refresh.refresh(grants[1].refresh_token)
    assert set(small.sessions_of(_user_id(small, address)).values()) == {(True, True)}


def test_it_stays_so_however_many_logins_follow(small: World) -> None:
    address = small.verified()

    grants = [_open(small, address) for _ in range(4 * MOST)]

    assert [_lives(small, grant) for grant in grants] == [False] * 3 * MOST + [True] * MOST


def test_sessions_that_have_ended_make_room_and_none_is_ended_for_them(small: World) -> None:
    address = small.verified()
    kept = _open(small, address)

    for _ in range(3 * MOST):
        left = small.principal(_open(small, address).access_token)
        small.app.leaving.one(left.user_id, left.session_id)

    assert _lives(small, kept)


def test_sessions_that_have_lapsed_make_room(small: World) -> None:
    address = small.verified()
    for _ in range(MOST):
        _open(small, address)
    small.clock.advance(days=8)

    grants = [_open(small, address) for _ in range(MOST)]

    assert all(_lives(small, grant) for grant in grants)


def test_a_login_by_passkey_counts_like_any_other(world: World) -> None:
    small = replace(world, settings=world.settings.model_copy(update={"most_sessions": 1}))
    address, device = with_passkey(small)
    before = small.log_in(address)

    answer = finish_login(small, device.get(begin_login(small)))

    assert answer.status == 200
    assert not _lives(small, before)
    assert len(small.sessions_of(_user_id(small, address))) == 1


def test_below_the_bound_a_login_asks_and_writes_nothing_more_and_at_it_looks_once(small: World) -> None:
    address = small.verified()
    seen = []

    for _ in range(MOST + 1):
        dynamodb = Recording(small.dynamodb)
        assert small.over(dynamodb=dynamodb).log_in(address)
        small.clock.advance(seconds=1)
        seen.append(dynamodb.names)

    login = ["update_item", *["get_item"] * 3, "transact_write_items", "update_item"]
    assert seen[:MOST] == [login] * MOST
    assert seen[MOST] == [*login[:4], "query", *login[4:]]


def test_logins_at_the_same_moment_all_succeed_while_there_is_room(world: World) -> None:
    address = world.verified()

    grants = at_once(6, lambda: world.log_in(address))

    assert all(isinstance(grant, Grant) and _lives(world, grant) for grant in grants)


@pytest.mark.parametrize("before", [0, MOST - 1, MOST])
def test_logins_at_the_same_moment_leave_exactly_as_many_sessions_as_there_may_be(
    small: World, before: int
) -> None:
    address = small.verified()
    for _ in range(before):
        _open(small, address)
    user = small.app.users.by_email(address)
    assert user

    def log_in() -> Grant:
        while True:  # whoever has lost too many races asks again, as the answer says
            try:
                return small.log_in(address)
            except Unavailable:
                continue

    grants = at_once(8, log_in)

    assert all(isinstance(grant, Grant) for grant in grants)
    assert list(small.sessions_of(user.id).values()) == [(True, True)] * MOST
    assert sum(_lives(small, grant) for grant in grants if isinstance(grant, Grant)) == MOST


def test_a_login_that_another_overtakes_at_the_bound_counts_anew(small: World) -> None:
    address = small.verified()
    for _ in range(MOST):
        _open(small, address)
    dynamodb = Recording(small.dynamodb, before_write=[lambda: _open(small, address)])

    small.over(dynamodb=dynamodb).log_in(address)

    assert len(small.sessions_of(_user_id(small, address))) == MOST


def test_a_login_that_many_others_overtake_until_the_bound_is_as_it_was_counts_anew(small: World) -> None:
    address = small.verified()
    user_id = _user_id(small, address)
    for _ in range(MOST):
        left = small.principal(_open(small, address).access_token)
        small.app.leaving.one(left.user_id, left.session_id)

    def others() -> None:
        for _ in range(MOST):
            _open(small, address)

    small.over(dynamodb=Recording(small.dynamodb, before_write=[others])).log_in(address)

    assert len(small.sessions_of(user_id)) == MOST


def test_an_account_of_which_nobody_knows_how_many_sessions_it_has_is_counted(small: World) -> None:
    address = small.verified()
    small.sessions(address, MOST)
    account = keys.user(_user_id(small, address))
    small.tables.write(Update(small.settings.identity_table, account, remove=["sessions_bound"]))

    newest = small.log_in(address)

    assert _lives(small, newest)
    assert len(small.sessions_of(_user_id(small, address))) == MOST


def test_a_cap_that_came_down_is_reached_by_the_next_logins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = replace(world, settings=world.settings.model_copy(update={"most_sessions": 1}))
    address = world.verified()
    for _ in range(8):
        _open(world, address)
    monkeypatch.setattr(opening, "_MOST_ENDED", 5)

    assert _lives(one, _open(one, address))
    assert len(world.sessions_of(_user_id(world, address))) == 4
    assert _lives(one, _open(one, address))

    assert len(world.sessions_of(_user_id(world, address))) == 1


def test_the_end_of_a_session_by_another_login_is_logged(
    small: World, security_events: list[dict[str, Any]]
) -> None:
    address = small.verified()
    oldest = small.principal(_open(small, address).access_token)
    for _ in range(MOST - 1):
        _open(small, address)
    security_events.clear()

    small.log_in(address)

    ended = security_events[0]
    assert (ended["event"], ended["reason"]) == ("authn_token_revoked", "too_many")
    assert (ended["user_id"], ended["session_id"]) == (oldest.user_id, oldest.session_id)


def _crash() -> None:
    raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "TransactWriteItems")


def test_a_login_that_fails_ends_no_session(small: World) -> None:
    address = small.verified()
    grants = [_open(small, address) for _ in range(MOST)]

    with pytest.raises(Unavailable):
        small.over(dynamodb=Recording(small.dynamodb, before_write=[_crash])).log_in(address)

    assert all(_lives(small, grant) for grant in grants)
