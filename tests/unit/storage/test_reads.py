"""Reads ask for what is current, and for all of it, however the service cuts its answers."""

from dataclasses import replace
from typing import Any

import pytest

from greenroom.refusals import Unavailable
from greenroom.storage.items import encode_item
from greenroom.storage.keys import Key
from tests.unit.storage.stub import StubClient

KEYS = [Key(f"A#{number}", "B") for number in range(5)]


def rows(*keys: Key) -> list[dict[str, Any]]:
    return [encode_item({**key._asdict(), "n": 1}) for key in keys]


def raw(*keys: Key) -> list[dict[str, Any]]:
    return [encode_item(key._asdict()) for key in keys]


def unprocessed(*keys: Key) -> dict[str, Any]:
    return {"t": {"Keys": raw(*keys), "ConsistentRead": True}}


def test_a_read_is_consistent_unless_it_says_otherwise() -> None:
    stub = StubClient({"Item": rows(KEYS[0])[0]}, {})

    assert stub.tables.get("t", KEYS[0]) == {"pk": "A#0", "sk": "B", "n": 1}
    assert stub.tables.get("t", KEYS[0], consistent=False) is None
    assert [parameters["ConsistentRead"] for _, parameters in stub.calls] == [True, False]


def test_what_a_batch_leaves_out_is_asked_for_again_until_all_is_there() -> None:
    stub = StubClient(
        {"Responses": {"t": rows(KEYS[0])}, "UnprocessedKeys": unprocessed(*KEYS[1:])},
        {"Responses": {}, "UnprocessedKeys": unprocessed(*KEYS[1:])},
        {"Responses": {"t": rows(*KEYS[1:4])}, "UnprocessedKeys": unprocessed(KEYS[4])},
        {"Responses": {"t": []}, "UnprocessedKeys": {}},
    )

    found = stub.tables.batch_get({"t": KEYS})

    assert found.keys() == {("t", key) for key in KEYS[:4]}
    asked = [parameters["RequestItems"] for _, parameters in stub.calls]
    assert asked == [unprocessed(*KEYS), unprocessed(*KEYS[1:]), unprocessed(*KEYS[1:]), unprocessed(KEYS[4])]


def test_a_busy_table_is_asked_again_after_a_pause_that_grows() -> None:
    left_out = {"Responses": {"t": []}, "UnprocessedKeys": unprocessed(KEYS[0])}
    longest = []
    for _ in range(50):
        stub, slept = StubClient(*[left_out] * 5), list[float]()
        with pytest.raises(Unavailable):
            replace(stub.tables, sleep=slept.append).batch_get({"t": KEYS[:1]})
        longest.append(slept)

    assert {len(slept) for slept in longest} == {4}
    most = [max(pauses) for pauses in zip(*longest, strict=True)]
    assert all(
        0.5 * bound < pause <= bound for pause, bound in zip(most, (0.02, 0.04, 0.08, 0.16), strict=True)
    )


def test_a_batch_that_never_ends_is_given_up_and_no_part_of_it_is_returned() -> None:
    endless = {"Responses": {"t": rows(KEYS[0])}, "UnprocessedKeys": unprocessed(KEYS[1])}
    stub = StubClient(*[endless] * 10)

    with pytest.raises(Unavailable):
        stub.tables.batch_get({"t": KEYS[:2]})

    assert len(stub.calls) == 5


def test_a_key_wanted_twice_is_asked_for_once() -> None:
    stub = StubClient({"Responses": {"t": rows(KEYS[0])}})

    stub.tables.batch_get({"t": [KEYS[0], KEYS[0]], "u": []})

    assert stub.calls[0][1]["RequestItems"] == unprocessed(KEYS[0])


@pytest.mark.parametrize("wanted", [{}, {"t": []}, {"t": [], "u": []}])
def test_a_batch_of_nothing_asks_nothing(wanted: dict[str, list[Key]]) -> None:
    assert StubClient().tables.batch_get(wanted) == {}


def test_more_than_the_service_takes_is_refused_at_once() -> None:
    many = [Key(f"A#{number}", "B") for number in range(101)]

    with pytest.raises(ValueError, match="100"):
        StubClient().tables.batch_get({"t": many[:50], "u": many[50:]})


def test_a_query_asks_for_its_span_in_its_order() -> None:
    stub = StubClient({"Items": rows(*KEYS[:2]), "LastEvaluatedKey": raw(KEYS[1])[0]})

    page = stub.tables.query(
        "t",
        partition=("pk", "A"),
        between=("sk", "a", "b"),
        start_key=KEYS[0]._asdict(),
        limit=2,
        descending=True,
    )

    assert [item["pk"] for item in page.items] == ["A#0", "A#1"]
    assert page.next_key == KEYS[1]._asdict()
    assert stub.calls[0][1] == {
        "TableName": "t",
        "KeyConditionExpression": "#p = :p AND #s BETWEEN :a AND :z",
        "ExpressionAttributeNames": {"#p": "pk", "#s": "sk"},
        "ExpressionAttributeValues": {":p": {"S": "A"}, ":a": {"S": "a"}, ":z": {"S": "b"}},
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "ExclusiveStartKey": raw(KEYS[0])[0],
        "Limit": 2,
    }


def test_an_index_is_never_asked_for_a_consistent_read() -> None:
    stub = StubClient({"Items": []})

    page = stub.tables.query("t", partition=("buyer_id", "u"), index="by_buyer")

    assert (page.items, page.next_key) == ([], None)
    assert (stub.calls[0][1]["IndexName"], stub.calls[0][1]["ConsistentRead"]) == ("by_buyer", False)


def test_all_pages_are_read_and_an_empty_one_is_not_the_end() -> None:
    stub = StubClient(
        {"Items": rows(KEYS[0]), "LastEvaluatedKey": raw(KEYS[0])[0]},
        {"Items": [], "LastEvaluatedKey": raw(KEYS[1])[0]},
        {"Items": rows(KEYS[2])},
    )

    found = [item["pk"] for item in stub.tables.query_all("t", partition=("pk", "A"))]

    assert found == ["A#0", "A#2"]
    assert [parameters.get("ExclusiveStartKey") for _, parameters in stub.calls] == [
        None,
        raw(KEYS[0])[0],
        raw(KEYS[1])[0],
    ]
