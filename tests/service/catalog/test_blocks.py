"""Blocks: nobody gets blocked time, nobody loses time to a block, and no block is half there unseen."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from greenroom.bookings import actions
from greenroom.calendar.days import live_claims
from greenroom.calendar.intervals import Interval, format_instant, merged
from greenroom.calendar.refusals import SlotTaken
from greenroom.catalog import blocks
from greenroom.storage import contention, days
from greenroom.storage.items import Item
from tests.service.bookings.truth import books
from tests.service.bookings.world import AGENT, DAY, HOLD, HOUR, SLOT, Answer, World
from tests.service.catalog.office import ONE, OTHER_AGENT, Office
from tests.service.identity.racing import at_once
from tests.support.faults import Crash, FaultPoint, Faulty, Overtaken, lost_answer
from tests.support.memory_dynamodb import MemoryDynamoDB, failure

BLOCKS, AVAILABILITY = f"{ONE}/blocks", f"{ONE}/availability"
BLOCK = f"{BLOCKS}/{{block_id}}"
OFFER = actions.Offer(fee=1_000, deposit=0, currency="EUR")
LONG = 200 * DAY


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again without waiting."""
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)


def block(
    office: Office, start: datetime = SLOT, length: timedelta = HOUR, *, reason: str = "Travel", **more: Any
) -> Answer:
    body = {"start": start.isoformat(), "end": (start + length).isoformat(), "reason": reason}
    return office.call("POST", BLOCKS, body, celebrity_id=office.world.celebrity_id, **more)


def listed(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.call("GET", BLOCKS, celebrity_id=office.world.celebrity_id).body[
        "items"
    ]
    return found


def remove(office: Office, block_id: str) -> Answer:
    return office.call("DELETE", BLOCK, celebrity_id=office.world.celebrity_id, block_id=block_id)


def taken(office: Office, kind: str = "block") -> list[Interval]:
    """Return the time that claims of a kind take, as the day documents have it."""
    return merged(
        claim.interval
        for claim in live_claims(books(office.world).days, office.world.clock())
        if claim.kind == kind
    )


def check_whole(office: Office) -> None:
    """Check that what blocks say is exactly what is claimed, and that no two claims overlap."""
    found = books(office.world)
    found._check_days()
    said: dict[str, Interval] = {
        item["sk"]: Interval(*(datetime.fromisoformat(item[name]) for name in ("start", "end")))
        for item in _block_items(office)
    }
    held: dict[str, set[Any]] = {}
    for document in found.days:
        for claim in document.claims.values():
            if claim.kind == "block":
                held.setdefault(claim.booking_id, set()).add(document.day)
    assert held == {block_id: set(interval.utc_days()) for block_id, interval in said.items()}
    assert taken(office) == merged(said.values())


def _block_items(office: Office) -> list[Item]:
    return [item for item in office.world.items() if item["pk"].startswith("BLOCKS#")]


def free(office: Office, day: str = "2046-12-01") -> list[str]:
    query = {"from": day, "to": day, "offering_id": office.world.offering()}
    answer = office.call("GET", AVAILABILITY, by=None, query=query, celebrity_id=office.world.celebrity_id)
    return [item["start"] for item in answer.body["items"]]


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
    assert _block_items(office) == []


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
    assert _block_items(office) == []
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
    assert _block_items(office) == []


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


def test_blocks_that_are_over_are_not_listed_and_their_items_expire(office: Office) -> None:
    block(office, SLOT, HOUR)
    office.world.clock.advance(SLOT + HOUR - office.world.clock())

    assert listed(office) == []
    (item,) = _block_items(office)
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
