"""Blocks, bookings and offers at one moment, over the emulator: exactly one gets the time."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from greenroom.bookings import actions
from greenroom.calendar.refusals import SlotTaken
from greenroom.storage import contention
from tests.service.bookings.truth import books
from tests.service.bookings.world import AGENT, DAY, HOUR, SLOT, World
from tests.service.catalog.blocking import (
    block,
    check_whole,
    listed,
    remove,
    taken,
)
from tests.service.catalog.office import Office
from tests.service.identity.racing import at_once

OFFER = actions.Offer(fee=1_000, deposit=0, currency="EUR")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again without waiting."""
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)


ONE_WINS = Counter({"won": 1, "lost": 19})


def test_of_twenty_blocks_and_bookings_at_one_moment_exactly_one_gets_the_time(world: World) -> None:
    office = Office(world)
    for number in range(6):
        slot = SLOT + number * DAY
        turns = list(range(1, 21))

        def ask(slot: datetime = slot, turns: list[int] = turns) -> str:
            turn = turns.pop()
            blocking = turn % 2
            answer = block(office, slot, 4 * HOUR) if blocking else world.request(world.wish(slot), by=turn)
            if answer.status == 201:
                return "won"
            assert answer.code in {"has_bookings", "overlaps_block", "slot_taken"}, answer.text
            return "lost"

        assert Counter(at_once(20, ask)) == ONE_WINS
    books(world).check()
    check_whole(office)


def test_of_twenty_blocks_and_offers_at_one_moment_exactly_one_gets_the_time(world: World) -> None:
    office = Office(world)
    for number in range(3):
        slot = SLOT + number * DAY
        asked = [world.book(slot, offering=3, by=number) for number in range(1, 11)]
        turns: list[Any] = [*asked, *[None] * 10]

        def ask(slot: datetime = slot, turns: list[Any] = turns) -> str:
            booking = turns.pop(0) if len(turns) % 2 else turns.pop()
            if booking is None:
                return "won" if block(office, slot, 4 * HOUR).status == 201 else "lost"
            try:
                world.desk.apply(booking.id, OFFER, AGENT)
            except SlotTaken:
                return "lost"
            return "won"

        assert Counter(at_once(20, ask)) == ONE_WINS
    check_whole(office)


def test_of_twenty_long_blocks_at_one_moment_one_at_most_is_left_and_whole(world: World) -> None:
    office = Office(world)

    def ask() -> int:
        return block(office, SLOT, 70 * DAY).status

    answers = Counter(at_once(20, ask))

    # One that loses its second piece gives the first back; meanwhile that may have refused another.
    assert answers[201] <= 1
    assert answers.keys() <= {201, 409, 503}
    assert len(listed(office)) == answers[201]
    check_whole(office)


def test_a_block_removed_twice_at_once_is_gone_for_both(world: World) -> None:
    office = Office(world)
    block_id = block(office, SLOT, 70 * DAY).body["id"]

    statuses = at_once(4, lambda: remove(office, block_id).status)

    assert set(statuses) <= {204, 404}
    assert 204 in statuses
    assert taken(office) == []
