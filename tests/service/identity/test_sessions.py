"""What a live session is at each request, and how it ends."""

import pytest

from greenroom.actors import Role
from greenroom.identity.tokens import TokenSigner
from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from greenroom.storage.writes import Put, Update
from tests.service.identity.recording import Recording
from tests.service.identity.world import World


def test_an_ended_session_is_refused_at_the_next_call_though_its_token_is_good(world: World) -> None:
    address = world.verified()
    ended, other = world.log_in(address), world.log_in(address)
    principal = world.principal(ended.access_token)

    world.app.sessions.end(principal.user_id, principal.session_id)

    with pytest.raises(Unauthenticated):
        world.principal(ended.access_token)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(ended.refresh_token)
    assert world.principal(other.access_token)


def test_ending_a_session_twice_is_ending_it_once(world: World) -> None:
    principal = world.principal(world.log_in(world.verified()).access_token)

    for _ in range(2):
        world.app.sessions.end(principal.user_id, principal.session_id)

    assert world.sessions_of(principal.user_id) == {}


def test_one_consistent_read_decides_a_request(world: World) -> None:
    grant = world.log_in(world.verified())
    dynamodb = Recording(world.dynamodb)
    asked = world.over(dynamodb=dynamodb)

    asked.principal(grant.access_token)

    assert dynamodb.names == ["get_item"]


def test_the_role_is_the_one_that_the_server_knows_now(world: World) -> None:
    grant = world.log_in(world.verified())
    session_id = world.principal(grant.access_token).session_id

    world.tables.write(
        Update(world.settings.limits_table, keys.live_session(session_id), {"role": Role.AGENT.value})
    )

    assert world.principal(grant.access_token).role is Role.AGENT


def test_a_token_that_names_another_users_session_is_refused(world: World) -> None:
    mine, theirs = (world.principal(world.log_in(world.verified()).access_token) for _ in range(2))
    signer: TokenSigner = world.app.login.opening.signer
    mixed = signer.issue(
        user_id=mine.user_id,
        session_id=theirs.session_id,
        role=Role.BUYER,
        not_after=int(world.clock().timestamp()) + 600,
        now=world.clock(),
    )

    with pytest.raises(Unauthenticated):
        world.principal(mixed.text)


def test_a_session_past_its_end_is_refused_though_its_item_is_still_there(world: World) -> None:
    grant = world.log_in(world.verified())
    principal = world.principal(grant.access_token)
    live = world.tables.get(world.settings.limits_table, keys.live_session(principal.session_id))
    assert live
    now = int(world.clock().timestamp())

    world.tables.write(Put(world.settings.limits_table, live | {"expires_at": now + 1}))
    assert world.principal(grant.access_token)
    world.tables.write(Put(world.settings.limits_table, live | {"expires_at": now}))

    with pytest.raises(Unauthenticated):
        world.principal(grant.access_token)


def test_liveness_says_when_the_table_may_drop_it_and_holds_no_secret(world: World) -> None:
    principal = world.principal(world.log_in(world.verified()).access_token)

    live = world.tables.get(world.settings.limits_table, keys.live_session(principal.session_id))

    ends = int(world.clock().timestamp()) + world.settings.session_idle_seconds
    assert live == {
        "pk": f"SESSION#{principal.session_id}",
        "sk": "SESSION",
        "user_id": principal.user_id,
        "role": "buyer",
        "verified": True,
        "authenticated_at": int(world.clock().timestamp()),
        "expires_at": ends,
        "ttl": ends,
    }


def test_every_item_of_a_session_is_dropped_by_the_table_after_its_end(world: World) -> None:
    principal = world.principal(world.log_in(world.verified()).access_token)

    items = [
        item
        for item in world.items(world.settings.identity_table)
        if principal.session_id in (item.get("id"), item.get("session_id"))
    ]

    session, token = sorted(items, key=lambda item: item["pk"], reverse=True)
    assert session["ttl"] == session["lapses_at"] < session["expires_at"]
    assert token["ttl"] == token["expires_at"] == session["expires_at"], "a use after use shows to the end"


def test_sessions_past_their_end_are_no_sessions_of_the_user(world: World) -> None:
    address = world.verified()
    world.log_in(address)
    world.clock.advance(days=30)
    goes_on = world.principal(world.log_in(address).access_token)

    found = world.app.sessions.of(goes_on.user_id, world.clock())

    assert [session.id for session in found] == [goes_on.session_id]
