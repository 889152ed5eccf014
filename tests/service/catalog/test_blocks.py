"""Blocks: nobody gets blocked time, nobody loses time to a block, and no block is half there unseen."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from greenroom.bookings import actions
from greenroom.calendar.intervals import format_instant
from greenroom.calendar.refusals import SlotTaken
from greenroom.catalog import blocks
from greenroom.storage import days
from tests.service.bookings.world import AGENT, DAY, HOLD, HOUR, SLOT, Answer, World
from tests.service.catalog.blocking import (
    BLOCK,
    BLOCKS,
    LONG,
    block,
    block_items,
    check_whole,
    free,
    listed,
    remove,
    taken,
)
from tests.service.catalog.office import OTHER_AGENT, Office
from tests.support.memory_dynamodb import MemoryDynamoDB

OFFER = actions.Offer(fee=1_000, deposit=0, currency="EUR")


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


def test_blocked_time_is_shown_as_taken_and_nobody_books_it_until_it_is_given_back(office: Office) -> None:
    before = free(office)
    answer = block(office)
    made = answer.body

    assert answer.status == 201
    assert answer.headers["Location"].endswith(f"/blocks/{made['id']}")
    assert made == {
        "id": made["id"],
        "start": "2046-12-01T18:00:00Z",
        "end": "2046-12-01T19:00:00Z",
        "reason": "Travel",
    }
    assert listed(office) == [made]
    shown = office.call("GET", BLOCK, celebrity_id=office.world.celebrity_id, block_id=made["id"])
    assert (shown.body, shown.headers["ETag"]) == (made, answer.headers["ETag"])
    # Two hours and half an hour on either side: nothing between 15:30 and 19:30.
    assert set(before) - set(free(office)) == {each for each in before if "15:30" < each[11:16] < "19:30"}
    assert office.world.request(office.world.wish()).code == "slot_taken"
    check_whole(office)

    assert remove(office, made["id"]).status == 204

    assert listed(office) == []
    assert free(office) == before
    assert office.world.request(office.world.wish()).status == 201
    check_whole(office)


def test_a_wall_time_is_that_of_the_celebritys_zone(office: Office) -> None:
    made = office.engage(time_zone="America/New_York")

    def ask(start: str, end: str) -> Answer:
        return office.call("POST", BLOCKS, {"start": start, "end": end}, celebrity_id=made["id"])

    answer = ask("2047-01-10T00:00", "2047-01-11T00:00")
    assert (answer.body["start"], answer.body["end"]) == ("2047-01-10T05:00:00Z", "2047-01-11T05:00:00Z")
    skipped = ask("2047-03-10T02:30", "2047-03-11T02:30")
    twice = ask("2047-11-02T01:30", "2047-11-03T01:30")
    assert (skipped.code, skipped.fields) == ("nonexistent_local_time", ["start"])
    assert (twice.code, twice.fields) == ("ambiguous_local_time", ["end"])


@pytest.mark.parametrize(
    ("start", "length", "field"),
    [
        (SLOT, timedelta(), "end"),
        (SLOT, -HOUR, "end"),
        (SLOT, 366 * DAY + timedelta(minutes=1), "end"),
        (SLOT - 40 * DAY, HOUR, "end"),
        (SLOT + 600 * DAY, HOUR, "start"),
    ],
)
def test_a_time_that_is_no_block_is_refused_by_field(
    office: Office, start: datetime, length: timedelta, field: str
) -> None:
    answer = block(office, start, length)

    assert (answer.status, answer.code, answer.fields) == (422, "invalid_request", [field])
    assert office.world.items() == []


@pytest.mark.parametrize("length", [HOUR, LONG])
def test_a_booking_and_a_hold_are_in_the_way_and_nothing_is_written(
    office: Office, length: timedelta
) -> None:
    world = office.world
    world.confirmed(SLOT + 90 * DAY)
    world.book(SLOT + 60 * DAY, by=2)
    items = world.items()

    for start in (SLOT + 90 * DAY - timedelta(minutes=20), SLOT + 60 * DAY + 2 * HOUR):
        answer = block(office, start - length + HOUR, length)
        assert (answer.status, answer.code) == (409, "has_bookings")
        assert "bkg_" in answer.body["detail"]
    assert world.items() == items
    # Next to the buffers it fits, and where a hold has passed too.
    assert block(office, SLOT + 90 * DAY + 2.5 * HOUR).status == 201
    world.clock.advance(HOLD)
    assert block(office, SLOT + 60 * DAY, HOUR).status == 201
    check_whole(office)


def test_a_request_without_an_offer_is_not_in_the_way_but_its_offer_then_is_refused(office: Office) -> None:
    asked = office.world.book(offering=3)

    assert block(office).status == 201

    with pytest.raises(SlotTaken):
        office.world.desk.apply(asked.id, OFFER, AGENT)


@pytest.mark.parametrize("length", [HOUR, 31 * DAY, LONG])
def test_a_block_over_a_block_is_refused_and_one_beside_it_is_not(office: Office, length: timedelta) -> None:
    first = block(office, SLOT, length)
    items = office.world.items()

    over = block(office, SLOT + length - timedelta(minutes=1), length)

    assert (over.status, over.code) == (409, "overlaps_block")
    assert first.body["id"] in over.body["detail"]
    assert office.world.items() == items
    assert block(office, SLOT + length, HOUR).status == 201
    assert [each["start"] for each in listed(office)] == [
        format_instant(SLOT),
        format_instant(SLOT + length),
    ]
    check_whole(office)


def test_a_repeated_request_blocks_nothing_twice(office: Office) -> None:
    first, again = block(office), block(office)

    assert (first.status, again.code) == (201, "overlaps_block")
    assert len(listed(office)) == 1


class Counting:
    """A client that counts the writes of each transaction."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        self.sizes.append(len(request["TransactItems"]))
        return self._client.transact_write_items(**request)


def test_up_to_31_days_are_one_transaction_and_a_year_is_twelve_or_thirteen(office: Office) -> None:
    counting = Counting(office.world.dynamodb)
    counted = Office(office.world.over(dynamodb=counting))

    month = block(counted, SLOT, 31 * DAY)
    assert counting.sizes == [33]
    year = block(counted, SLOT + 31 * DAY, 366 * DAY)
    assert len(counting.sizes) == 13
    assert max(counting.sizes) == 33
    assert year.body["end"] == format_instant(SLOT + 397 * DAY)
    check_whole(office)

    assert remove(office, year.body["id"]).status == remove(office, month.body["id"]).status == 204
    assert taken(office) == []
    assert block_items(office) == []


def test_blocks_that_are_over_are_not_listed_and_their_items_expire(office: Office) -> None:
    block(office, SLOT, HOUR)
    office.world.clock.advance(SLOT + HOUR - office.world.clock())

    assert listed(office) == []
    (item,) = block_items(office)
    assert item["ttl"] == int((SLOT + HOUR + 30 * DAY).timestamp())


def test_there_are_so_many_blocks_and_no_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_BLOCKS", 2)
    for number in range(2):
        assert block(office, SLOT + number * HOUR).status == 201

    answer = block(office, SLOT + 2 * HOUR)

    assert (answer.status, answer.code) == (409, "limit_reached")


def test_what_is_anothers_looks_like_what_does_not_exist(office: Office) -> None:
    block_id = block(office).body["id"]
    nobody = "blk_00000000000000000000000000"
    body = {"start": SLOT.isoformat(), "end": (SLOT + DAY).isoformat()}

    def ask(celebrity_id: str, block_id: str) -> list[tuple[int, str]]:
        calls: list[tuple[str, str, Any, dict[str, str]]] = [
            ("GET", BLOCKS, None, {}),
            ("POST", BLOCKS, body, {}),
            ("GET", BLOCK, None, {"block_id": block_id}),
            ("DELETE", BLOCK, None, {"block_id": block_id}),
        ]
        answers = [
            office.call(method, path, sent, by=OTHER_AGENT, celebrity_id=celebrity_id, **more)  # type: ignore[arg-type]
            for method, path, sent, more in calls
        ]
        return [(answer.status, answer.text) for answer in answers]

    foreign = ask(office.world.celebrity_id, block_id)
    assert foreign == ask("cel_00000000000000000000000000", nobody)
    assert {status for status, _ in foreign} == {404}
    assert remove(office, nobody).status == remove(office, "bkg_1").status == 404
    other = office.engage()
    assert office.call("DELETE", BLOCK, celebrity_id=other["id"], block_id=block_id).status == 404
    assert len(listed(office)) == 1
    assert days.read_range(office.world.tables, "bookings", other["id"], []) == []
