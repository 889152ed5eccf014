"""Each request's line counts that request's own table calls."""

import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from greenroom.aws.client import Call, Document
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


class Table:
    """A client whose calls are counted, and answered here."""

    def __init__(self, answer: Document | Exception) -> None:
        self._answer = answer
        self.asked: list[Document] = []

    def call(self, operation: str, **parameters: Any) -> Document:
        call = Call("dynamodb", operation, parameters)

        def made() -> Document:
            self.asked.append(dict(call.parameters))
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return count_calls(call, made)


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "hunter2"}}, "Any")


UNITS = {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1.5}}
KEY: Any = {"pk": {"S": "hunter2"}}


def _get(table: Table, times: int = 1) -> None:
    for _ in range(times):
        table.call("GetItem", TableName="t", Key=KEY)


@pytest.fixture
def at_hand() -> Iterator[Invocation]:
    with invocation("test") as begun:
        yield begun


def test_every_call_is_counted_with_its_time(at_hand: Invocation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "time", SimpleNamespace(perf_counter=Clock()))

    _get(Table(UNITS), 3)

    assert (at_hand.calls, at_hand.call_milliseconds) == (3, 3 * 500)


def test_a_call_that_fails_counts_too(at_hand: Invocation) -> None:
    with pytest.raises(ClientError):
        _get(Table(_refused("ResourceNotFoundException")))

    assert at_hand.calls == 1


def test_each_invocation_begins_at_nothing() -> None:
    with invocation("first") as first:
        _get(Table(UNITS))
    with invocation("second") as second:
        _get(Table(UNITS), 2)

    assert (first.calls, second.calls) == (1, 2)


def test_invocations_in_other_threads_are_not_counted_here(at_hand: Invocation) -> None:
    theirs = []

    def serve() -> None:
        with invocation("theirs") as begun:
            _get(Table(UNITS), 2)
            theirs.append(begun.calls)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()

    assert (at_hand.calls, theirs) == (0, [2])


def test_a_call_outside_any_invocation_is_made_uncounted() -> None:
    assert Table(UNITS).call("GetItem", TableName="t", Key=KEY) == UNITS


def test_what_a_call_consumed_is_asked_for_and_added_up_by_kind(at_hand: Invocation) -> None:
    table = Table(UNITS)

    table.call("GetItem", TableName="t", Key=KEY)
    table.call("PutItem", TableName="t", Item=KEY)
    table.call("PutItem", TableName="t", Item=KEY)

    assert (at_hand.read_units, at_hand.write_units) == (1.5, 3.0)
    assert {request["ReturnConsumedCapacity"] for request in table.asked} == {"TOTAL"}


def test_the_units_of_every_table_of_a_batch_count(at_hand: Invocation) -> None:
    entries = [{"TableName": "t", "CapacityUnits": 1.0}, {"TableName": "u", "CapacityUnits": 2.5}]

    Table({"ConsumedCapacity": entries, "Responses": {}}).call(
        "BatchGetItem", RequestItems={"t": {"Keys": [KEY]}, "u": {"Keys": [KEY]}}
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
    with pytest.raises(ClientError):
        Table(_refused(code)).call("PutItem", TableName="t", Item=KEY)

    names = [sample.metric.name for sample in at_hand.samples]
    assert names == ["DatabaseLatency", *counted]
    told = [(line["level"], line["category"], line["operation"], line["table"]) for line in lines]
    assert told == [("WARNING", "database", "PutItem", "t")] * len(counted)
    assert "hunter2" not in json.dumps(lines)


def test_a_call_without_any_answer_is_a_failure(at_hand: Invocation, lines: list[dict[str, Any]]) -> None:
    with pytest.raises(HTTPClientError):
        _get(Table(HTTPClientError(error="the connection broke")))

    assert [sample.metric.name for sample in at_hand.samples] == ["DatabaseLatency", "DatabaseErrors"]
    assert (lines[0]["error"], lines[0]["table"]) == ("NoAnswer", "t")


def test_a_slow_call_is_a_warning(
    at_hand: Invocation, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "time", SimpleNamespace(perf_counter=Clock()))

    _get(Table(UNITS))

    (line,) = lines
    assert (line["level"], line["duration_ms"], line["read_units"]) == ("WARNING", 500, 1.5)


def test_a_transaction_names_its_tables_and_nothing_else(
    at_hand: Invocation, lines: list[dict[str, Any]]
) -> None:
    put = {"Put": {"TableName": "b", "Item": KEY}}
    check = {"ConditionCheck": {"TableName": "a", "Key": KEY, "ConditionExpression": "hunter2 = :x"}}

    with pytest.raises(ClientError):
        Table(_refused("InternalServerError")).call("TransactWriteItems", TransactItems=[put, check])

    assert lines[0]["table"] == "a,b"
    assert "hunter2" not in json.dumps(lines)
