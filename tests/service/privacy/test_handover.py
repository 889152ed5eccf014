"""A roster goes from one agent to another whole, and nobody is ever on two rosters or on none."""

from dataclasses import replace
from typing import Any, cast

import pytest
from pydantic import Secret

from greenroom.actors import Role
from greenroom.bookings.model import State
from greenroom.catalog import changes
from greenroom.catalog.refusals import LimitReached
from greenroom.catalog.roster import Roster
from greenroom.catalog.store import CatalogStore
from greenroom.identity.operator import OperatorError
from greenroom.identity.users import User, Users
from greenroom.privacy import command
from greenroom.privacy.handover import Handover
from greenroom.refusals import NotFound
from greenroom.storage import contention
from greenroom.storage.tables import Tables
from greenroom.storage.writes import Put
from tests.service.bookings.world import AGENT, DAY, SLOT, World
from tests.support.celebrities import HOURS, ZOE
from tests.support.faults import Overtaken
from tests.support.memory_dynamodb import MemoryDynamoDB

TAKER, BUYER, DISABLED = (f"usr_{number:026d}" for number in (21, 22, 23))


@pytest.fixture
def world() -> World:
    """Return a world in which the agent has two celebrities, and another agent none."""
    made = World(MemoryDynamoDB())
    store_of(made.tables).add(someone(made, 2), HOURS)
    for user_id, role, disabled in (
        (TAKER, Role.AGENT, False),
        (BUYER, Role.BUYER, False),
        (DISABLED, Role.AGENT, True),
    ):
        user = User(
            id=user_id,
            email=f"{user_id}@example.com",
            folded_email=f"{user_id}@example.com",
            display_name="Somebody",
            role=role,
            verified=True,
            disabled=disabled,
            password_hash=Secret(""),
            created_at="2026-01-01T00:00:00Z",
        )
        made.tables.write(Put("identity", user.item()))
    return made


def store_of(tables: Tables) -> CatalogStore:
    return CatalogStore(tables, "catalog")


def someone(world: World, number: int, agent: str = AGENT.id) -> Any:
    return replace(ZOE, id=f"cel_{number:026d}", slug=f"slug-{number}", agent_id=agent)


def handover(world: World, dynamodb: Any = None) -> Handover:
    tables = Tables(cast("Any", dynamodb)) if dynamodb else world.tables
    return Handover(Users(tables, "identity"), "catalog")


def roster(world: World, agent: str) -> list[str]:
    """Return the ids on a roster, each of whom names the agent."""
    found = Roster(tables=world.tables, table="catalog", answers_table="bookings").of(agent)
    assert {each.agent_id for each in found} <= {agent}
    return [each.id for each in found]


def test_everybody_goes_over_and_readers_see_it_at_once(world: World) -> None:
    before, store = roster(world, AGENT.id), store_of(world.tables)
    versions = {each: store.celebrity(each).version for each in before}

    assert handover(world).hand_over(AGENT.id, TAKER) == len(before) == 2

    assert (roster(world, AGENT.id), roster(world, TAKER)) == ([], before)
    assert [store.celebrity(each).version for each in before] == [versions[each] + 1 for each in before]
    assert handover(world).hand_over(AGENT.id, TAKER) == 0, "again there is nobody left"


def test_bookings_stay_with_whom_they_were_agreed_and_new_ones_go_to_the_new_agent(world: World) -> None:
    agreed = world.confirmed()

    handover(world).hand_over(AGENT.id, TAKER)

    assert world.store.get(agreed.id).agent_id == AGENT.id
    world.clock.now = agreed.interval.end
    assert world.act(agreed, "complete", by=AGENT).body["state"] == State.COMPLETED
    assert world.book(SLOT + DAY, by=2).agent_id == TAKER


@pytest.mark.parametrize("taker", [BUYER, DISABLED, AGENT.id, "usr_00000000000000000000000099"])
def test_nobody_but_another_agent_takes_a_roster_over(world: World, taker: str) -> None:
    before = world.items("catalog")

    with pytest.raises(OperatorError):
        handover(world).hand_over(AGENT.id, taker)

    assert world.items("catalog") == before


def test_a_full_roster_takes_nobody_more_and_what_was_handed_over_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_CELEBRITIES", 1)
    first, second = roster(world, AGENT.id)

    with pytest.raises(LimitReached):
        handover(world).hand_over(AGENT.id, TAKER)

    assert (roster(world, AGENT.id), roster(world, TAKER)) == ([second], [first])


def test_who_comes_onto_either_roster_meanwhile_falls_off_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)

    def intrude() -> None:
        store_of(world.tables).add(someone(world, 8), HOURS)
        store_of(world.tables).add(someone(world, 9, TAKER), HOURS)

    before = roster(world, AGENT.id)
    handover(world, Overtaken(world.dynamodb, intrude)).hand_over(AGENT.id, TAKER)

    assert roster(world, AGENT.id) == [someone(world, 8).id]
    assert sorted(roster(world, TAKER)) == sorted([*before, someone(world, 9).id])


def test_a_taker_who_is_disabled_meanwhile_takes_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)
    users = Users(world.tables, "identity")

    def disable() -> None:
        user = users.by_id(TAKER)
        assert user
        world.tables.write(users.change(user, disabled=True))

    with pytest.raises(OperatorError):
        handover(world, Overtaken(world.dynamodb, disable)).hand_over(AGENT.id, TAKER)

    assert roster(world, TAKER) == []


def test_somebody_of_another_roster_is_not_given_away(world: World) -> None:
    with pytest.raises(NotFound):
        changes.hand_over_once(world.tables, "catalog", roster(world, AGENT.id)[0], TAKER, BUYER)


def test_the_operator_hands_over_by_command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("identity", "limits", "catalog", "bookings"):
        monkeypatch.setenv(f"{name.upper()}_TABLE", name)
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    monkeypatch.setenv("MAIL_FROM", "mail@example.com")
    monkeypatch.setattr(command, "client", lambda _name: world.dynamodb)
    order = ["hand-over", "--from", AGENT.id, "--to"]

    assert command.main([*order, BUYER]) == 1
    assert "another account" in capsys.readouterr().err
    assert command.main([*order, TAKER]) == 0
    assert "handed over: 2" in capsys.readouterr().out
    assert roster(world, AGENT.id) == []
