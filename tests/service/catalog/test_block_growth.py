"""Blocks of more than 31 days, which grow piece by piece: wherever that stops, they say what they hold."""

from typing import Any

import pytest

from greenroom.calendar.intervals import Interval, format_instant
from greenroom.catalog import blocks
from greenroom.storage import contention
from tests.service.bookings.truth import books
from tests.service.bookings.world import DAY, SLOT, World
from tests.service.catalog.blocking import LONG, block, block_items, check_whole, listed, remove, taken
from tests.service.catalog.office import Office
from tests.support.faults import Crash, FaultPoint, Faulty, Overtaken, lost_answer
from tests.support.memory_dynamodb import MemoryDynamoDB, failure


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again without waiting."""
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)


STEPS = range(30)


@pytest.mark.parametrize("done", [False, True])
def test_whenever_a_long_block_is_cut_short_what_is_left_is_a_true_block(done: bool) -> None:
    reached = []
    for step in STEPS:
        office = Office(World(MemoryDynamoDB()))
        point = FaultPoint(step, done=done)
        steps = frozenset({"batch_get_item", "transact_write_items"})
        crashing = Office(office.world.over(dynamodb=Faulty(office.world.dynamodb, point, steps)))

        if point_is_reached := _crashes(crashing):
            check_whole(office)
            left = listed(office)
            assert len(left) <= 1
            for each in left:
                assert each["end"] <= format_instant(SLOT + LONG)
                assert remove(office, each["id"]).status == 204
            assert taken(office) == []
        reached.append(point_is_reached)

    assert reached == sorted(reached, reverse=True)
    assert 12 < sum(reached) < len(STEPS)


def _crashes(office: Office) -> bool:
    try:
        answer = block(office, SLOT, LONG)
    except Crash:
        return True
    assert answer.status == 201
    return False


def test_a_booking_that_comes_while_a_long_block_grows_wins_and_the_block_gives_all_back(
    office: Office,
) -> None:
    world = office.world
    other = Overtaken(world.dynamodb, lambda: world.book(SLOT + 150 * DAY))

    answer = block(Office(world.over(dynamodb=other)), SLOT, LONG)

    assert (answer.status, answer.code) == (409, "has_bookings")
    assert taken(office) == []
    assert block_items(office) == []
    assert len(taken(office, "hold")) == 1
    books(world).check()


def test_a_block_that_is_removed_while_it_grows_leaves_nothing(office: Office) -> None:
    world = office.world

    class Removing:
        """Lets the agent remove what there is just before the fourth transaction."""

        def __init__(self) -> None:
            self.left = 4

        def __getattr__(self, name: str) -> Any:
            return getattr(world.dynamodb, name)

        def transact_write_items(self, **request: Any) -> Any:
            self.left -= 1
            if not self.left:
                for each in listed(office):
                    assert remove(office, each["id"]).status == 204
            return world.dynamodb.transact_write_items(**request)

    answer = block(Office(world.over(dynamodb=Removing())), SLOT, LONG)

    assert (answer.status, answer.code) == (503, "calendar_busy")
    assert taken(office) == []
    assert block_items(office) == []


def test_who_removes_a_block_that_grows_meanwhile_removes_what_it_has_become(office: Office) -> None:
    world = office.world
    store = blocks.Blocks(tables=world.tables, table=world.bookings_table, clock=world.clock)
    interval = Interval(SLOT, SLOT + LONG)
    first, second, *_ = interval.by_days(31)
    growing = blocks.Block("blk_00000000000000000000000001", world.celebrity_id, interval, "")
    store._claim(growing, first, world.clock())
    grows = Overtaken(world.dynamodb, lambda: store._claim(growing, second, world.clock()))

    answer = remove(Office(world.over(dynamodb=grows)), growing.id)

    assert answer.status == 204
    assert taken(office) == []
    assert block_items(office) == []


@pytest.mark.parametrize("step", range(7))
def test_an_answer_that_was_lost_on_its_way_leaves_what_is_said(office: Office, step: int) -> None:
    point = FaultPoint(step, done=True, fault=lost_answer)
    flaky = Office(
        office.world.over(dynamodb=Faulty(office.world.dynamodb, point, frozenset({"transact_write_items"})))
    )

    answer = block(flaky, SLOT, LONG)

    assert (answer.status, answer.code) == (503, "unavailable")
    check_whole(office)


def test_a_try_whose_conflict_was_a_success_is_not_in_its_own_way(office: Office) -> None:
    class Late:
        """Says of the first transaction that another is under way, when it has been written."""

        said = False

        def __getattr__(self, name: str) -> Any:
            return getattr(office.world.dynamodb, name)

        def transact_write_items(self, **request: Any) -> Any:
            answer = office.world.dynamodb.transact_write_items(**request)
            if not self.said:
                self.said = True
                raise failure("TransactionInProgressException", "Write")
            return answer

    assert block(Office(office.world.over(dynamodb=Late())), SLOT, LONG).status == 201
    check_whole(office)
