from typing import Any

import pytest

from greenroom.refusals import Unavailable
from greenroom.storage.items import encode_item
from greenroom.storage.scans import scan
from tests.unit.storage.stub import StubClient, client_error

REQUEST = {
    "TableName": "bookings",
    "FilterExpression": "#e0 = :e0 AND #b BETWEEN :first AND :last",
    "ExpressionAttributeNames": {"#e0": "kind", "#b": "at"},
    "ExpressionAttributeValues": {":e0": {"S": "event"}, ":first": {"S": "2026"}, ":last": {"S": "2027"}},
}


def found(stub: StubClient) -> list[Any]:
    return list(scan(stub.tables, "bookings", equal={"kind": "event"}, between=("at", "2026", "2027")))


def test_a_scan_goes_on_to_the_last_page_even_behind_an_empty_one() -> None:
    keys = [encode_item({"pk": "a", "sk": str(number)}) for number in range(2)]
    pages: list[list[dict[str, Any]]] = [[{"pk": "a", "n": 1}], [], [{"pk": "b", "n": 2}]]
    answers = [{"Items": [encode_item(item) for item in page]} for page in pages]
    stub = StubClient(
        *(answer | {"LastEvaluatedKey": key} for answer, key in zip(answers, keys, strict=False)), answers[-1]
    )

    assert found(stub) == [{"pk": "a", "n": 1}, {"pk": "b", "n": 2}]
    assert stub.calls == [
        ("scan", REQUEST),
        ("scan", REQUEST | {"ExclusiveStartKey": keys[0]}),
        ("scan", REQUEST | {"ExclusiveStartKey": keys[1]}),
    ]


def test_a_throttled_scan_says_so_in_the_project_s_own_words() -> None:
    with pytest.raises(Unavailable):
        found(StubClient(client_error("ThrottlingException")))
