"""The client in memory against the emulator: the same calls, the same answers, the same items left behind."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from greenroom.storage.items import encode_item
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Tables
from greenroom.storage.writes import (
    ABSENT,
    EXISTS,
    NEW,
    PRESENT,
    Check,
    Condition,
    Delete,
    Put,
    Update,
    Write,
)
from tests.support.emulator import RunningEmulator
from tests.support.memory_dynamodb import MemoryDynamoDB

Call = Callable[[Tables, str], Any]


@pytest.fixture(scope="module")
def pair(emulator: RunningEmulator, dynamodb: Any) -> list[tuple[Tables, str]]:
    """The same table twice: in the emulator, and in memory."""
    memory: Any = MemoryDynamoDB()
    return [
        (Tables(dynamodb), emulator.fresh_tables().names["bookings"]),
        (Tables(memory), "bookings"),
    ]


def both(pair: list[tuple[Tables, str]], call: Call) -> Any:
    """Make a call on both, check that they answer alike, and return the answer."""
    emulated, remembered = (_answer(call, *one) for one in pair)
    assert remembered == emulated
    return emulated


def _answer(call: Call, tables: Tables, table: str) -> Any:
    try:
        answer = call(tables, table)
    except ConditionFailed as failed:
        return "conditions failed", failed.indexes
    except ClientError as error:
        return error.response["Error"]["Code"]
    return answer


def _write(writes: list[Callable[[str], Write]]) -> Call:
    return lambda tables, table: tables.write(*(make(table) for make in writes))


def _random_write(chance: random.Random) -> Callable[[str], Write]:
    key = Key(f"P{chance.randrange(2)}", f"S{chance.randrange(4)}")
    when: Condition | None = chance.choice(
        [
            None,
            NEW,
            EXISTS,
            {"v": chance.randrange(3)},
            {"t": ABSENT},
            {"t": PRESENT, "v": chance.randrange(3)},
        ]
    )
    values = {"v": chance.randrange(3), "t": f"text {chance.randrange(2)}"}
    if chance.random() < 0.3:
        del values["t"]
    match chance.randrange(5):
        case 0:
            return lambda table: Delete(table, key, when)
        case 1:
            remove = [] if "t" in values else ["t"]
            return lambda table: Update(table, key, values, remove, when)
        case 2:
            return lambda table: Check(table, key, when or EXISTS)
        case _:
            return lambda table: Put(table, {**key._asdict(), **values}, when)


def _random_calls() -> Iterator[Call]:
    chance = random.Random(20261102)  # noqa: S311 - the same calls in every run
    for _ in range(150):
        size = chance.choice([1, 1, 1, 2, 3])
        yield _write([_random_write(chance) for _ in range(size)])


def test_random_conditional_writes_and_transactions_end_alike(pair: list[tuple[Tables, str]]) -> None:
    answers = []
    for number, call in enumerate(_random_calls()):
        answers.append(both(pair, call))
        partition = ("pk", f"P{number % 2}")
        both(pair, lambda tables, table, of=partition: list(tables.query_all(table, partition=of)))  # type: ignore[misc]

    assert {None} < {answer if answer is None else str(answer) for answer in answers}, "some are refused"
    keys = [Key(f"P{n}", f"S{m}") for n in range(2) for m in range(5)]
    found = both(pair, lambda tables, table: sorted(tables.batch_get({table: keys}).values(), key=str))
    assert found, "some items are left"
    for key in keys:
        both(pair, lambda tables, table, key=key: tables.get(table, key))  # type: ignore[misc]


def test_one_item_is_touched_once_in_a_transaction(pair: list[tuple[Tables, str]]) -> None:
    put: Callable[[str], Write] = lambda table: Put(table, {"pk": "TWICE", "sk": "A"})  # noqa: E731

    assert both(pair, _write([put, put])) == "ValidationException"


def test_a_range_that_ends_before_it_begins_is_refused(pair: list[tuple[Tables, str]]) -> None:
    def ask(tables: Tables, table: str) -> Any:
        return list(tables.query_all(table, partition=("pk", "P0"), between=("sk", "b", "a")))

    assert both(pair, ask) == "ValidationException"


@pytest.fixture
def indexed(pair: list[tuple[Tables, str]]) -> list[tuple[Tables, str]]:
    for number in range(9):
        item = {
            "pk": f"B{number}",
            "sk": "BOOKING",
            "buyer_id": f"u{number % 2}",
            "starts_at": f"{number:02d}",
        }
        if number % 3:
            item |= {"due_shard": "s", "due_at": f"{9 - number:02d}"}
        both(pair, _write([lambda table, item=item: Put(table, item)]))  # type: ignore[misc]
    return pair


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("index", "partition", "between"),
    [
        ("by_buyer", ("buyer_id", "u0"), None),
        ("by_buyer", ("buyer_id", "u1"), ("starts_at", "03", "07")),
        ("by_buyer", ("buyer_id", "u2"), None),
        ("by_due", ("due_shard", "s"), None),
        ("by_due", ("due_shard", "s"), ("due_at", "0", "05")),
    ],
)
def test_indexes_give_the_same_items_in_the_same_order_page_by_page(
    indexed: list[tuple[Tables, str]],
    index: str,
    partition: tuple[str, str],
    between: tuple[str, str, str] | None,
    *,
    descending: bool,
) -> None:
    def pages(tables: Tables, table: str) -> Any:
        found, start_key = [], None
        for _ in range(9):
            page = tables.query(
                table,
                index=index,
                partition=partition,
                between=between,
                descending=descending,
                start_key=start_key,
                limit=2,
            )
            assert len(page.items) <= 2
            found += page.items
            start_key = page.next_key
            if start_key is None:
                return found
        return "no end"

    whole = both(indexed, pages)
    parameters: dict[str, Any] = {"index": index, "partition": partition, "between": between}
    assert both(indexed, lambda tables, table: list(tables.query_all(table, **parameters))) == (
        whole[::-1] if descending else whole
    )


def test_an_item_leaves_an_index_with_the_attribute_that_put_it_there(
    indexed: list[tuple[Tables, str]],
) -> None:
    both(indexed, _write([lambda table: Update(table, Key("B1", "BOOKING"), {"v": 1}, ["due_at"])]))

    def due(tables: Tables, table: str) -> Any:
        return list(tables.query_all(table, index="by_due", partition=("due_shard", "s")))

    assert "B1" not in {item["pk"] for item in both(indexed, due)}


def test_all_kinds_of_values_come_back_as_they_were(pair: list[tuple[Tables, str]]) -> None:
    item = {"pk": "KINDS", "sk": "A", "n": -(10**18), "t": "é\n", "l": [1, "a", None, True], "m": {"x": {}}}

    both(pair, _write([lambda table: Put(table, item)]))

    assert both(pair, lambda tables, table: tables.get(table, Key("KINDS", "A"))) == item
    assert encode_item(item)
