"""Writes against a real store: all or nothing, each on its condition, and exactly one of many wins."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from greenroom.storage.contention import attempt
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Contended
from greenroom.storage.writes import ABSENT, EXISTS, NEW, PRESENT, Check, Delete, Put, Update, Write
from tests.service.storage.conftest import Store

A, B, C = Key("A#1", "A"), Key("B#1", "B"), Key("C#1", "C")

EVERY_TYPE = {
    "text": "Zoë 🎤",
    "empty": "",
    "number": -(10**18),
    "zero": 0,
    "yes": True,
    "no": False,
    "nothing": None,
    "bytes": b"\x00\xff",
    "list": [1, "a", None, [True], {}],
    "map": {"a": {"b": [1, {"c": False}]}, "": "x"},
}


def item(key: Key, **attributes: Any) -> dict[str, Any]:
    return {**key._asdict(), **attributes}


def test_an_item_comes_back_as_it_was_written(store: Store) -> None:
    store.tables.write(Put(store.name, item(A, **EVERY_TYPE)))

    found = store.tables.get(store.name, A)

    assert found == item(A, **EVERY_TYPE)
    assert found is not None
    assert [type(found[name]) for name in EVERY_TYPE] == [type(value) for value in EVERY_TYPE.values()]


def test_an_absent_item_is_none(store: Store) -> None:
    assert store.tables.get(store.name, A) is None


@pytest.mark.parametrize("alone", [True, False])
def test_what_must_be_new_is_written_once(store: Store, alone: bool) -> None:
    def writes(number: int) -> list[Write]:
        beside = [] if alone else [Put(store.other, item(B, n=number))]
        return [Put(store.name, item(A, n=number), when=NEW), *beside]

    store.tables.write(*writes(1))
    with pytest.raises(ConditionFailed) as failed:
        store.tables.write(*writes(2))

    assert failed.value.indexes == {0}
    assert store.tables.get(store.name, A) == item(A, n=1)
    assert alone or store.tables.get(store.other, B) == item(B, n=1)


@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_if_one_condition_fails_nothing_is_written_and_it_is_named(store: Store, failing: int) -> None:
    store.tables.write(Put(store.name, item(B, version=1)), Put(store.other, item(C, version=1)))
    conditions: list[Any] = [NEW, {"version": 1}, {"version": 1}, {"pk": ABSENT}]
    conditions[failing] = {"version": 9}

    with pytest.raises(ConditionFailed) as failed:
        store.tables.write(
            Put(store.name, item(A, n=1), when=conditions[0]),
            Update(store.name, B, assign={"version": 2}, when=conditions[1]),
            Delete(store.other, C, when=conditions[2]),
            Check(store.other, Key("D", "D"), when=conditions[3]),
        )

    assert failed.value.indexes == {failing}
    assert store.tables.get(store.name, A) is None
    assert store.tables.get(store.name, B) == item(B, version=1)
    assert store.tables.get(store.other, C) == item(C, version=1)


def test_a_transaction_over_two_tables_does_each_of_its_writes(store: Store) -> None:
    store.tables.write(Put(store.name, item(B, version=1, old="x")), Put(store.other, item(C, version=1)))

    store.tables.write(
        Put(store.name, item(A, n=1), when=NEW),
        Update(store.name, B, assign={"version": 2, "size": 3}, remove=["old"], when={"version": 1}),
        Delete(store.other, C, when={"version": 1}),
        Check(store.other, Key("D", "D"), when={"pk": ABSENT}),
    )

    assert store.tables.get(store.name, A) == item(A, n=1)
    assert store.tables.get(store.name, B) == item(B, version=2, size=3)
    assert store.tables.get(store.other, C) is None


def test_a_check_alone_demands_and_writes_nothing(store: Store) -> None:
    with pytest.raises(ConditionFailed):
        store.tables.write(Check(store.name, A, when=EXISTS))

    store.tables.write(Check(store.name, A, when={"pk": ABSENT}))

    assert store.tables.get(store.name, A) is None


@pytest.mark.parametrize(
    ("stored", "when", "holds"),
    [
        ({"n": 1}, {"n": 1}, True),
        ({"n": 1}, {"n": 2}, False),
        ({"n": 1}, {"n": "1"}, False),
        ({"n": 1}, {"n": True}, False),
        ({"n": None}, {"n": None}, True),
        ({}, {"n": None}, False),
        ({}, {"n": ABSENT}, True),
        ({"n": None}, {"n": ABSENT}, False),
        ({"n": None}, {"n": PRESENT}, True),
        ({"n": 1, "m": 2}, {"n": 1, "m": 3}, False),
        ({"n": [1, {"a": 2}]}, {"n": [1, {"a": 2}]}, True),
    ],
)
def test_a_condition_compares_value_and_type(
    store: Store, stored: dict[str, Any], when: dict[str, Any], holds: bool
) -> None:
    store.tables.write(Put(store.name, item(A, **stored)))
    write = Update(store.name, A, assign={"done": True}, when=when)

    if holds:
        store.tables.write(write)
    else:
        with pytest.raises(ConditionFailed):
            store.tables.write(write)

    found = store.tables.get(store.name, A)
    assert found is not None
    assert ("done" in found) == holds


def test_of_many_who_take_the_same_version_exactly_one_wins(store: Store) -> None:
    store.tables.write(Put(store.name, item(A, version=0)))
    start = threading.Barrier(16)

    def take(number: int) -> bool:
        start.wait(30)
        try:
            store.tables.write(
                Update(store.name, A, assign={"version": 1, "by": number}, when={"version": 0}),
                Put(store.other, item(Key("TAKEN", str(number)))),
            )
        except (ConditionFailed, Contended):
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = [number for number, wins in enumerate(pool.map(take, range(16))) if wins]

    taken = list(store.tables.query_all(store.other, partition=("pk", "TAKEN")))
    assert [row["sk"] for row in taken] == [str(number) for number in won]
    assert len(won) == 1
    assert store.tables.get(store.name, A) == item(A, version=1, by=won[0])


def test_with_attempts_every_increment_counts(store: Store) -> None:
    store.tables.write(Put(store.name, item(A, n=0)))

    def add() -> None:
        found = store.tables.get(store.name, A)
        assert found is not None
        store.tables.write(Update(store.name, A, assign={"n": found["n"] + 1}, when={"n": found["n"]}))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(attempt, add, tries=200, sleep=lambda _: None) for _ in range(20)]:
            done.result()

    assert store.tables.get(store.name, A) == item(A, n=20)
