"""The model of DynamoDB: of two writers of a day one wins, both pay, and no partition gives too much."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from greenroom.calendar.days import Claim, DayDocument, claim
from greenroom.calendar.intervals import Interval
from greenroom.storage import days
from greenroom.storage.tables import ConditionFailed, Contended, Throttled
from tests.budgets.test_units import BUDGETS
from tests.simulation.clock import Clock, Waits
from tests.simulation.limits import PARTITION_READS, PARTITION_WRITES
from tests.simulation.settings import BOOK, CAPTURE, PAY, Assumed, Cost
from tests.simulation.tables import Tables, stored_bytes

DAY = date(2026, 12, 2)
NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tables(clock: Clock) -> Tables:
    return made(clock, Assumed(spread=0))


def made(clock: Clock, assumed: Assumed) -> Tables:
    chance = random.Random(1)  # noqa: S311 - what it chooses is no secret
    return Tables(clock, chance, assumed, f"cel_{0:026d}")


def held(number: int) -> Claim:
    """A claim of a slot of its own."""
    start = NOON + number * timedelta(minutes=5)
    return Claim(
        f"bkg_{number:026d}", Interval(start, start + timedelta(minutes=5)), "hold", NOON + timedelta(hours=9)
    )


def writing(
    tables: Tables, number: int, found: list[Any], seen: DayDocument | None = None, cost: Cost = BOOK
) -> Waits[None]:
    """Claim a slot upon what was read, and note how that ended."""
    changed = claim([seen or tables.day(DAY)], held(number), NOON)
    try:
        yield from tables.transact(held(number).booking_id, cost, changed)
    except (ConditionFailed, Contended, Throttled) as lost:
        found.append(type(lost))
    else:
        found.append("won")


def test_a_transaction_that_meets_another_is_refused_and_both_pay(clock: Clock, tables: Tables) -> None:
    found: list[Any] = []
    clock.start(writing(tables, 1, found))
    clock.start(writing(tables, 2, found), after=0.01)
    clock.run()

    assert found == ["won", Contended]
    assert list(tables.day(DAY).claims) == [held(1).booking_id]
    assert sum(each.writes.peak for each in (*tables.base, tables.by_agent)) == 2 * (
        BOOK.total - BOOK.by_buyer - BOOK.by_due
    )


def test_who_has_read_what_is_no_more_writes_nothing(clock: Clock, tables: Tables) -> None:
    found: list[Any] = []
    clock.start(writing(tables, 1, found))
    clock.start(writing(tables, 2, found, seen=tables.day(DAY)), after=1)
    clock.start(writing(tables, 3, found), after=2)
    clock.run()

    assert found == ["won", ConditionFailed, "won"]
    assert tables.happened == {"transaction": 3, "commit": 2, "outdated": 1}


def test_where_transactions_queue_the_later_one_finds_what_the_earlier_left(clock: Clock) -> None:
    tables, found = made(clock, Assumed(spread=0, serialised=True)), list[Any]()
    for number in (1, 2, 3):
        clock.start(writing(tables, number, found), after=number / 1000)
    clock.run()

    assert found == ["won", ConditionFailed, ConditionFailed]
    assert tables.happened["conflict"] == 0


def test_a_partition_refuses_what_is_over_its_writes(clock: Clock, tables: Tables) -> None:
    found: list[Any] = []
    day_alone = Cost(total=2, by_agent=0, by_buyer=0, days=1)
    for _ in range(PARTITION_WRITES // 2 + 5):
        clock.start(writing(tables, 1, found, cost=day_alone))
    clock.run()

    assert found.count(Throttled) == 5
    assert tables.hot.writes.peak == PARTITION_WRITES
    assert "writes of the celebrity's days" in tables.met


def test_a_partition_refuses_what_is_over_its_reads(clock: Clock, tables: Tables) -> None:
    refused: list[float] = []

    def reading() -> Waits[None]:
        try:
            yield from tables.read([DAY] * 3, catalogue=1, whole=False)
        except Throttled:
            refused.append(clock.now)

    for _ in range(PARTITION_READS // 3 + 5):
        clock.start(reading())
    clock.run()

    assert len(refused) == 5
    assert tables.hot.reads.peak == PARTITION_READS


def _attribute_bytes(attribute: dict[str, Any]) -> int:
    """Weigh an attribute value by DynamoDB's published rules."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value)
        case "N":
            return (len(value) + 1) // 2 + 1
        case "M":
            return 3 + sum(1 + len(name) + _attribute_bytes(inner) for name, inner in value.items())
        case "L":
            return 3 + sum(1 + _attribute_bytes(inner) for inner in value)
    return 1


@pytest.mark.parametrize("claims", [1, 24, 144])
def test_a_day_weighs_what_its_item_does(claims: int) -> None:
    document = DayDocument(f"cel_{0:026d}", DAY)
    for number in range(claims):
        (document,) = claim([document], held(number), NOON)

    item = days.put("bookings", document).request()["Item"]
    weight = sum(len(name) + _attribute_bytes(value) for name, value in item.items())

    assert stored_bytes(document) == pytest.approx(weight, rel=0.03)


@pytest.mark.parametrize(
    ("cost", "step"), [(BOOK, "book"), (PAY, "start payment"), (CAPTURE, "payment captured")]
)
def test_what_a_transaction_costs_is_what_was_counted(cost: Any, step: str) -> None:
    parts = cost.spread + 2 * cost.days + cost.by_agent + cost.by_buyer + cost.by_due

    assert parts == BUDGETS[step][2]
    # A booking, its event and a kept answer or a mark of the provider's: each twice, as in any transaction.
    assert cost.spread >= 6
    assert cost.spread % 2 == 0
