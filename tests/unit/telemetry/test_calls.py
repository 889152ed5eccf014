"""Each request's line counts that request's own table calls."""

import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from greenroom.telemetry import calls
from greenroom.telemetry.calls import count_calls
from greenroom.telemetry.invocations import Invocation, invocation


class Clock:
    """Half a second passes at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def _response(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)


def _answer(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
    """Answer in place of the network: a table called "missing" does not exist."""
    if b"missing" in params["body"]:
        error = {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}
        return _response(400), error | {"ResponseMetadata": {"HTTPStatusCode": 400}}
    return _response(200), {"TableNames": []}


@pytest.fixture
def client() -> Any:
    """A client that reports its calls, and answers without a network."""
    made = boto3.session.Session("test", "test", region_name="eu-west-1").client("dynamodb")
    count_calls(made)
    made.meta.events.register_last("before-call", _answer)  # type: ignore[arg-type]
    return made


def _list(client: Any, times: int = 1) -> None:
    for _ in range(times):
        client.list_tables()


@pytest.fixture
def at_hand() -> Iterator[Invocation]:
    with invocation("test") as begun:
        yield begun


def test_every_call_is_counted_with_its_time(
    client: Any, at_hand: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "time", SimpleNamespace(perf_counter=Clock()))

    _list(client, 3)

    assert (at_hand.calls, at_hand.call_milliseconds) == (3, 3 * 500)


def test_a_call_that_another_hook_answered_first_is_counted_without_time(
    client: Any, at_hand: Invocation
) -> None:
    client.meta.events.register_first("before-call", _answer)

    _list(client)

    assert (at_hand.calls, at_hand.call_milliseconds) == (1, 0)


def test_a_call_that_fails_counts_too(client: Any, at_hand: Invocation) -> None:
    with pytest.raises(ClientError):
        client.describe_table(TableName="missing")

    assert at_hand.calls == 1


def test_each_invocation_begins_at_nothing(client: Any) -> None:
    with invocation("first") as first:
        _list(client)
    with invocation("second") as second:
        _list(client, 2)

    assert (first.calls, second.calls) == (1, 2)


def test_invocations_in_other_threads_are_not_counted_here(client: Any, at_hand: Invocation) -> None:
    theirs = []

    def serve() -> None:
        with invocation("theirs") as begun:
            _list(client, 2)
            theirs.append(begun.calls)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()

    assert (at_hand.calls, theirs) == (0, [2])


def test_a_call_outside_any_invocation_is_made_uncounted(client: Any) -> None:
    assert client.list_tables()["TableNames"] == []


UNITS = {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1.5}}
KEY: Any = {"pk": {"S": "hunter2"}}


def _client(parsed: dict[str, Any], asked: list[dict[str, Any]] | None = None) -> Any:
    made = boto3.session.Session("test", "test", region_name="eu-west-1").client("dynamodb")
    count_calls(made)

    def answer(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        if asked is not None:
            asked.append(json.loads(params["body"]))
        status = 400 if "Error" in parsed else 200
        return _response(status), parsed | {"ResponseMetadata": {"HTTPStatusCode": status}}

    made.meta.events.register_last("before-call", answer)  # type: ignore[arg-type]
    return made


def test_what_a_call_consumed_is_asked_for_and_added_up_by_kind(at_hand: Invocation) -> None:
    asked: list[dict[str, Any]] = []
    client = _client(UNITS, asked)

    client.get_item(TableName="t", Key=KEY)
    client.put_item(TableName="t", Item=KEY)
    client.put_item(TableName="t", Item=KEY)

    assert (at_hand.read_units, at_hand.write_units) == (1.5, 3.0)
    assert {request["ReturnConsumedCapacity"] for request in asked} == {"TOTAL"}


def test_the_units_of_every_table_of_a_batch_count(at_hand: Invocation) -> None:
    entries = [{"TableName": "t", "CapacityUnits": 1.0}, {"TableName": "u", "CapacityUnits": 2.5}]

    _client({"ConsumedCapacity": entries, "Responses": {}}).batch_get_item(
        RequestItems={"t": {"Keys": [KEY]}, "u": {"Keys": [KEY]}}
    )

    assert at_hand.read_units == 3.5


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("ConditionalCheckFailedException", []),
        ("ThrottlingException", ["DatabaseThrottles"]),
        ("ProvisionedThroughputExceededException", ["DatabaseThrottles"]),
        ("InternalServerError", ["DatabaseErrors"]),
    ],
)
def test_a_refused_condition_is_an_answer_a_refused_rate_and_a_failure_are_not(
    at_hand: Invocation, lines: list[dict[str, Any]], code: str, counted: list[str]
) -> None:
    client = _client({"Error": {"Code": code, "Message": "hunter2"}})

    with pytest.raises(ClientError):
        client.put_item(TableName="t", Item=KEY)

    names = [sample.metric.name for sample in at_hand.samples]
    assert names == ["DatabaseLatency", *counted]
    told = [(line["level"], line["category"], line["operation"], line["table"]) for line in lines]
    assert told == [("WARNING", "database", "PutItem", "t")] * len(counted)
    assert "hunter2" not in json.dumps(lines)


def test_a_call_without_any_answer_is_a_failure(at_hand: Invocation, lines: list[dict[str, Any]]) -> None:
    client = boto3.session.Session("test", "test", region_name="eu-west-1").client(
        "dynamodb", endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1})
    )
    count_calls(client)

    with pytest.raises(Exception, match=r"socket|connect"):
        client.get_item(TableName="t", Key=KEY)

    assert [sample.metric.name for sample in at_hand.samples] == ["DatabaseLatency", "DatabaseErrors"]
    assert (lines[0]["error"], lines[0]["table"]) == ("NoAnswer", "t")


def test_a_slow_call_is_a_warning(
    at_hand: Invocation, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "time", SimpleNamespace(perf_counter=Clock()))

    _client(UNITS).get_item(TableName="t", Key=KEY)

    (line,) = lines
    assert (line["level"], line["duration_ms"], line["read_units"]) == ("WARNING", 500, 1.5)


def test_a_transaction_names_its_tables_and_nothing_else(
    at_hand: Invocation, lines: list[dict[str, Any]]
) -> None:
    client = _client({"Error": {"Code": "InternalServerError", "Message": ""}})
    put = {"Put": {"TableName": "b", "Item": KEY}}
    check = {"ConditionCheck": {"TableName": "a", "Key": KEY, "ConditionExpression": "hunter2 = :x"}}

    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=[put, check])

    assert lines[0]["table"] == "a,b"
    assert "hunter2" not in json.dumps(lines)
