"""Reads against a real store, its limits included."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from greenroom.storage.idempotency import Idempotency, Replayed
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Contended
from greenroom.storage.writes import NEW, Put
from tests.service.storage.conftest import Store

NOW = 1_800_000_000


class SixteenMegabytes:
    """A client whose batch reads end, as the service's do, before an answer is over 16 MB."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.rounds = 0

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        self.rounds += 1
        ((table, wanted),) = RequestItems.items()
        now, later = wanted["Keys"][:40], wanted["Keys"][40:]
        answer = self.dynamodb.batch_get_item(RequestItems={table: wanted | {"Keys": now}})
        if later:
            answer["UnprocessedKeys"] = {table: wanted | {"Keys": later}}
        return answer


def _fill(store: Store, count: int, **attributes: Any) -> list[Key]:
    keys = [Key("A", f"{number:03d}") for number in range(count)]
    for number, key in enumerate(keys):
        store.tables.write(Put(store.name, {**key._asdict(), "n": number, **attributes}))
    return keys


def test_a_batch_over_two_tables_finds_what_is_there_by_table_and_key(store: Store) -> None:
    one, two, three = Key("A", "1"), Key("A", "2"), Key("A", "3")
    store.tables.write(
        Put(store.name, {**one._asdict(), "n": 1}),
        Put(store.name, {**two._asdict(), "n": 2}),
        Put(store.other, {**one._asdict(), "n": 10}),
    )

    found = store.tables.batch_get({store.name: [one, three, one], store.other: [one, two]})

    assert {place: item["n"] for place, item in found.items()} == {
        (store.name, one): 1,
        (store.other, one): 10,
    }


def test_more_than_one_answer_holds_is_fetched_in_several(store: Store) -> None:
    keys = _fill(store, 100, text="x" * 1000)
    cutting = SixteenMegabytes(store.dynamodb)

    found = type(store.tables)(cutting).batch_get({store.name: keys})  # type: ignore[arg-type]

    assert cutting.rounds == 3
    assert [found[store.name, key]["n"] for key in keys] == list(range(100))


def test_a_query_goes_page_by_page_in_either_direction(store: Store) -> None:
    _fill(store, 7)

    for descending in (False, True):
        seen, start_key, pages = [], None, 0
        while True:
            page = store.tables.query(
                store.name, partition=("pk", "A"), start_key=start_key, limit=3, descending=descending
            )
            seen += [item["n"] for item in page.items]
            pages, start_key = pages + 1, page.next_key
            if start_key is None:
                break
        assert seen == sorted(range(7), reverse=descending)
        assert pages == 3


def test_the_ends_of_a_span_are_in_it_and_another_partition_is_not(store: Store) -> None:
    _fill(store, 5)
    store.tables.write(Put(store.name, {"pk": "B", "sk": "002"}))

    found = store.tables.query_all(store.name, partition=("pk", "A"), between=("sk", "001", "003"))

    assert [item["n"] for item in found] == [1, 2, 3]


def test_an_index_holds_what_has_its_attributes(store: Store) -> None:
    store.tables.write(
        Put(store.name, {"pk": "1", "sk": "B", "buyer_id": "u", "starts_at": "2027-02"}),
        Put(store.name, {"pk": "2", "sk": "B", "buyer_id": "u", "starts_at": "2027-01"}),
        Put(store.name, {"pk": "3", "sk": "B", "buyer_id": "v", "starts_at": "2027-01"}),
        Put(store.name, {"pk": "4", "sk": "B"}),
    )

    page = store.tables.query(
        store.name, index="by_buyer", partition=("buyer_id", "u"), between=("starts_at", "2027", "2028")
    )

    assert [item["pk"] for item in page.items] == ["2", "1"]


def test_a_page_of_an_index_goes_on_from_its_key(store: Store) -> None:
    for number in range(5):
        store.tables.write(
            Put(store.name, {"pk": str(number), "sk": "B", "buyer_id": "u", "starts_at": "2027-01"})
        )

    first = store.tables.query(store.name, index="by_buyer", partition=("buyer_id", "u"), limit=2)
    rest = store.tables.query(
        store.name, index="by_buyer", partition=("buyer_id", "u"), start_key=first.next_key
    )

    assert sorted(item["pk"] for item in first.items + rest.items) == list("01234")


def _keyed(now: int = NOW) -> Idempotency:
    return Idempotency.of(
        principal_id="u", route="POST /a", header="key", body={"a": 1}, now=now, keep_seconds=60
    )


def _order(store: Store, number: int, now: int = NOW) -> str:
    """Do something once: the effect and its answer in one transaction."""
    keyed = _keyed(now)
    found = store.tables.get(store.name, keyed.key)
    try:
        keyed.replay(found)
    except Replayed as replayed:
        return f"replayed {replayed.body.decode()}"
    record = keyed.record(
        store.name, status=201, headers={"ETag": '"1"'}, body=str(number).encode(), stored=found
    )
    store.tables.write(Put(store.other, {"pk": "EFFECT", "sk": f"{now}#{number}"}, when=NEW), record)
    return f"made {number}"


def _effects(store: Store) -> list[str]:
    return [item["sk"] for item in store.tables.query_all(store.other, partition=("pk", "EFFECT"))]


def test_a_keyed_order_has_one_effect_and_its_first_answer_from_then_on(store: Store) -> None:
    answers = [_order(store, number) for number in range(3)]

    assert answers == ["made 0", "replayed 0", "replayed 0"]
    assert _effects(store) == [f"{NOW}#0"]


def test_of_simultaneous_orders_with_one_key_only_one_has_an_effect(store: Store) -> None:
    start = threading.Barrier(12)

    def order(number: int) -> str:
        start.wait(30)
        try:
            return _order(store, number)
        except (ConditionFailed, Contended):
            return _order(store, number)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(order, range(12)))

    (made,) = [answer.removeprefix("made ") for answer in answers if answer.startswith("made")]
    assert answers.count(f"replayed {made}") == 11
    assert _effects(store) == [f"{NOW}#{made}"]


def test_an_outdated_answer_is_replaced_by_one_of_those_who_find_it_outdated(store: Store) -> None:
    _order(store, 0)

    assert _order(store, 1, now=NOW + 59) == "replayed 0"
    assert _order(store, 2, now=NOW + 60) == "made 2"
    assert _order(store, 3, now=NOW + 61) == "replayed 2"
    assert _effects(store) == [f"{NOW}#0", f"{NOW + 60}#2"]


def test_who_read_the_outdated_answer_too_late_writes_nothing(store: Store) -> None:
    _order(store, 0)
    late = _keyed(NOW + 60)
    outdated = store.tables.get(store.name, late.key)
    _order(store, 1, now=NOW + 60)

    with pytest.raises(ConditionFailed):
        store.tables.write(late.record(store.name, status=201, headers={}, body=b"2", stored=outdated))

    assert _order(store, 3, now=NOW + 61) == "replayed 1"
