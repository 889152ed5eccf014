"""Continuing a session, and what happens when a refresh token is used twice."""

from functools import partial
from typing import Any

import pytest
from pydantic import Secret

from greenroom.actors import Role
from greenroom.identity.bearer_secrets import new_secret
from greenroom.identity.grants import Grant
from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from greenroom.storage.writes import Delete
from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import World


def _is_over(world: World, grant: Grant) -> bool:
    try:
        world.principal(grant.access_token)
    except Unauthenticated:
        return True
    return False


def test_a_refresh_gives_the_next_pair_of_the_same_session(world: World) -> None:
    first = world.log_in(world.verified())

    second = world.app.refresh.refresh(first.refresh_token)

    assert second.refresh_token != first.refresh_token
    assert world.principal(second.access_token) == world.principal(first.access_token)


def test_a_session_can_be_refreshed_many_times(world: World) -> None:
    grant = world.log_in(world.verified())

    for _ in range(5):
        world.clock.advance(minutes=10)
        grant = world.app.refresh.refresh(grant.refresh_token)

    assert not _is_over(world, grant)


@pytest.mark.parametrize(
    "bad",
    ["", "x", "é" * 43, new_secret().get_secret_value()],
    ids=["empty", "short", "letters beyond ASCII", "unknown"],
)
def test_a_refresh_token_that_we_did_not_give_is_refused(world: World, bad: str) -> None:
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(Secret(bad))


def test_an_access_token_refreshes_nothing(world: World) -> None:
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(world.log_in(world.verified()).access_token)


def test_a_session_ends_a_month_after_its_login_however_often_it_is_refreshed(world: World) -> None:
    grant = world.log_in(world.verified())

    for _ in range(5):
        world.clock.advance(days=5, hours=23, minutes=59)
        grant = world.app.refresh.refresh(grant.refresh_token)
    world.clock.advance(minutes=4)
    grant = world.app.refresh.refresh(grant.refresh_token)
    assert grant.expires_in == 60
    assert not _is_over(world, grant)
    world.clock.advance(minutes=1)

    assert _is_over(world, grant)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(grant.refresh_token)


def test_a_session_that_nobody_refreshes_for_a_week_is_over(world: World) -> None:
    used, forgotten = world.log_in(world.verified()), world.log_in(world.verified())
    user_id = world.principal(forgotten.access_token).user_id

    world.clock.advance(days=7, seconds=-1)
    used = world.app.refresh.refresh(used.refresh_token)
    world.clock.advance(seconds=1)

    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(forgotten.refresh_token)
    assert world.app.sessions.of(user_id, world.clock()) == []
    assert world.sessions_of(user_id) == {}
    assert not _is_over(world, used)
    world.clock.advance(days=7, seconds=-2)
    assert world.app.refresh.refresh(used.refresh_token)


def test_a_used_token_ends_the_session_once_its_successor_was_used(
    world: World, security_events: list[dict[str, Any]]
) -> None:
    first = world.log_in(world.verified())
    second = world.app.refresh.refresh(first.refresh_token)
    third = world.app.refresh.refresh(second.refresh_token)
    security_events.clear()

    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(first.refresh_token)

    assert _is_over(world, third)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(third.refresh_token)
    assert [(line["event"], line["severity"]) for line in security_events] == [
        ("authn_token_reuse", "CRITICAL")
    ]


def test_reuse_ends_that_session_and_no_other(world: World) -> None:
    address = world.verified()
    stolen, other = world.log_in(address), world.log_in(address)
    world.app.refresh.refresh(stolen.refresh_token)
    world.clock.advance(seconds=11)

    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(stolen.refresh_token)

    assert _is_over(world, stolen)
    assert not _is_over(world, world.app.refresh.refresh(other.refresh_token))


@pytest.mark.parametrize(("seconds", "over"), [(0, False), (10, False), (10.001, True), (3600, True)])
def test_a_second_tab_is_only_refused_for_ten_seconds(
    world: World, seconds: float, over: bool, security_events: list[dict[str, Any]]
) -> None:
    first = world.log_in(world.verified())
    second = world.app.refresh.refresh(first.refresh_token)
    security_events.clear()
    world.clock.advance(seconds=seconds)

    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(first.refresh_token)

    severities = [line["severity"] for line in security_events if line["event"] == "authn_token_reuse"]
    assert severities == ["CRITICAL" if over else "WARN"]
    if over:
        with pytest.raises(Unauthenticated):
            world.app.refresh.refresh(second.refresh_token)
    else:
        assert not _is_over(world, world.app.refresh.refresh(second.refresh_token))


def test_twenty_simultaneous_refreshes_leave_one_living_lineage(world: World) -> None:
    for _ in range(5):
        first = world.log_in(world.verified())

        outcomes = at_once(20, partial(world.app.refresh.refresh, first.refresh_token))

        won = [outcome for outcome in outcomes if isinstance(outcome, Grant)]
        lost = [outcome for outcome in outcomes if not isinstance(outcome, Grant)]
        assert len(won) == 1
        assert [type(outcome) for outcome in lost] == [Unauthenticated] * 19
        principal = world.principal(won[0].access_token)
        assert world.sessions_of(principal.user_id) == {principal.session_id: (True, True)}
        unused = [
            item
            for item in world.items(world.settings.identity_table)
            if item.get("session_id") == principal.session_id and "used_at" not in item
        ]
        assert [item["pk"] for item in unused] == [keys.refresh_token(won[0].refresh_token).pk]
        assert not _is_over(world, world.app.refresh.refresh(won[0].refresh_token))


def test_a_refresh_that_loses_against_a_logout_revives_nothing(world: World) -> None:
    grant = world.log_in(world.verified())
    principal = world.principal(grant.access_token)

    dynamodb = Recording(
        world.dynamodb, before_write=[lambda: world.app.sessions.end(principal.user_id, principal.session_id)]
    )
    with pytest.raises(Unauthenticated):
        world.over(dynamodb=dynamodb).app.refresh.refresh(grant.refresh_token)

    assert world.sessions_of(principal.user_id) == {}


def test_a_refresh_brings_the_session_in_line_with_the_account(world: World) -> None:
    address = world.verified()
    grant = world.log_in(address)
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, role=Role.AGENT.value))

    assert world.principal(world.app.refresh.refresh(grant.refresh_token).access_token).role is Role.AGENT


def test_a_refresh_restores_a_liveness_that_was_lost(world: World) -> None:
    grant = world.log_in(world.verified())
    session_id = world.principal(grant.access_token).session_id
    world.tables.write(Delete(world.settings.limits_table, keys.live_session(session_id)))
    assert _is_over(world, grant)

    assert not _is_over(world, world.app.refresh.refresh(grant.refresh_token))


@pytest.mark.parametrize("change", [{"disabled": True}, {"credentials_version": 2}])
def test_a_session_whose_account_was_disabled_or_changed_hands_cannot_be_continued(
    world: World, change: dict[str, Any]
) -> None:
    address = world.verified()
    grant = world.log_in(address)
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, **change))

    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(grant.refresh_token)

    assert _is_over(world, grant)
    assert world.sessions_of(user.id) == {}


def test_a_refresh_that_loses_against_a_change_of_role_gets_the_new_one(world: World) -> None:
    address = world.verified()
    grant = world.log_in(address)
    dynamodb = Recording(
        world.dynamodb,
        before_write=[lambda: world.operator.grant_role(email=address, role=Role.AGENT)],
    )

    refreshed = world.over(dynamodb=dynamodb).app.refresh.refresh(grant.refresh_token)

    assert world.principal(refreshed.access_token).role is Role.AGENT
