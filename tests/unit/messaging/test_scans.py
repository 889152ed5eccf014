from typing import Any

import boto3.session
import pytest
from botocore.stub import Stubber

from greenroom.refusals import Unavailable
from greenroom.storage.items import encode_item
from greenroom.storage.scans import scan
from greenroom.storage.tables import Tables

REQUEST = {
    "TableName": "bookings",
    "FilterExpression": "#e0 = :e0 AND #b BETWEEN :first AND :last",
    "ExpressionAttributeNames": {"#e0": "kind", "#b": "at"},
    "ExpressionAttributeValues": {":e0": {"S": "event"}, ":first": {"S": "2026"}, ":last": {"S": "2027"}},
}


@pytest.fixture
def dynamodb() -> Any:
    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    return session.client("dynamodb")


def found(dynamodb: Any) -> list[Any]:
    return list(scan(Tables(dynamodb), "bookings", equal={"kind": "event"}, between=("at", "2026", "2027")))


def test_a_scan_goes_on_to_the_last_page_even_behind_an_empty_one(dynamodb: Any) -> None:
    keys = [encode_item({"pk": "a", "sk": str(number)}) for number in range(2)]
    pages = [[{"pk": "a", "n": 1}], [], [{"pk": "b", "n": 2}]]
    with Stubber(dynamodb) as stub:
        for number, page in enumerate(pages):
            answer: dict[str, Any] = {"Items": [encode_item(item) for item in page]}
            if number < len(keys):
                answer["LastEvaluatedKey"] = keys[number]
            start = {"ExclusiveStartKey": keys[number - 1]} if number else {}
            stub.add_response("scan", answer, REQUEST | start)

        assert found(dynamodb) == [{"pk": "a", "n": 1}, {"pk": "b", "n": 2}]
        stub.assert_no_pending_responses()


def test_a_throttled_scan_says_so_in_the_project_s_own_words(dynamodb: Any) -> None:
    with Stubber(dynamodb) as stub:
        stub.add_client_error("scan", "ThrottlingException")

        with pytest.raises(Unavailable):
            found(dynamodb)
