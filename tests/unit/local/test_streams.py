"""Delivery of a stream's records: order, partial failures, retries and giving up, as Lambda does it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from local.runtime import Function
from local.streams import TRIES, StreamPoller, stream_event, undelivered

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2027"


def record(number: int) -> dict[str, Any]:
    return {
        "eventID": f"e{number}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2027, 1, 1, tzinfo=UTC),
            "Keys": {"pk": {"S": "B"}, "sk": {"S": str(number)}},
            "NewImage": {"blob": {"B": b"\x00"}, "list": {"L": [{"B": b"\xff"}]}},
            "SequenceNumber": str(number),
            "SizeBytes": 3,
            "StreamViewType": "NEW_IMAGE",
        },
    }


class Shards:
    """A stream's API over batches that are given to it."""

    def __init__(self, *batches: list[dict[str, Any]]) -> None:
        self.batches = list(batches)

    def describe_stream(self, **_: Any) -> Any:
        return {"StreamDescription": {"Shards": [{"ShardId": "s1"}]}}

    def get_shard_iterator(self, **_: Any) -> Any:
        return {"ShardIterator": "0"}

    def get_records(self, **asked: Any) -> Any:
        position = int(asked["ShardIterator"])
        if position >= len(self.batches):
            return {"Records": [], "NextShardIterator": str(position)}
        return {"Records": self.batches[position], "NextShardIterator": str(position + 1)}


class World:
    """A poller whose pauses take no time, and what came of its work."""

    def __init__(self, handler: Callable[[list[str]], Any], *batches: list[dict[str, Any]]) -> None:
        self.calls: list[list[str]] = []
        self.given_up: list[dict[str, Any]] = []
        self.reports: list[str] = []
        self.pauses: list[float] = []

        def take(event: Any, _context: Any) -> Any:
            numbers = [item["dynamodb"]["SequenceNumber"] for item in event["Records"]]
            self.calls.append(numbers)
            return handler(numbers)

        self.poller = StreamPoller(
            Shards(*batches),
            ARN,
            Function("outbox", take),
            self.given_up.append,
            self.reports.append,
            self.pauses.append,
        )


def failing(*numbers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}


def test_records_are_handed_over_in_order_and_once() -> None:
    world = World(lambda _: {"batchItemFailures": []}, [record(1), record(2)], [record(3)])

    while world.poller.poll():
        pass

    assert world.calls == [["1", "2"], ["3"]]


def test_a_record_has_the_shape_that_lambda_gives_it() -> None:
    (made,) = json.loads(json.dumps(stream_event([record(1)], ARN)))["Records"]

    assert made["eventSourceARN"] == ARN
    assert made["dynamodb"]["ApproximateCreationDateTime"] == 1798761600.0
    assert made["dynamodb"]["NewImage"] == {"blob": {"B": "AA=="}, "list": {"L": [{"B": "/w=="}]}}


def test_a_partial_failure_is_taken_up_again_from_the_first_failed_record() -> None:
    answers = iter([failing("2", "3"), failing()])
    world = World(lambda _: next(answers), [record(1), record(2), record(3)])

    world.poller.poll()

    assert world.calls == [["1", "2", "3"], ["2", "3"]]


def test_a_function_that_raises_fails_the_whole_batch() -> None:
    attempts = iter([True, False])

    def handler(_: list[str]) -> Any:
        if next(attempts):
            raise RuntimeError("down")
        return None

    world = World(handler, [record(1), record(2)])

    world.poller.poll()

    assert world.calls == [["1", "2"], ["1", "2"]]
    assert "RuntimeError: down" in world.reports[0]


@pytest.mark.parametrize("answer", [failing("unknown"), {"batchItemFailures": [{}]}])
def test_a_failure_that_names_no_record_of_the_batch_fails_all_of_it(answer: Any) -> None:
    answers = iter([answer, None])
    world = World(lambda _: next(answers), [record(1), record(2)])

    world.poller.poll()

    assert world.calls == [["1", "2"], ["1", "2"]]


def test_a_record_that_never_succeeds_is_given_up_and_the_rest_goes_on() -> None:
    world = World(
        lambda numbers: failing("2") if "2" in numbers else failing(), [record(1), record(2), record(3)]
    )

    world.poller.poll()

    assert [item["dynamodb"]["SequenceNumber"] for item in world.given_up] == ["2"]
    assert world.calls[0] == ["1", "2", "3"]
    assert world.calls[1:-1] == [["2", "3"]] * (TRIES - 1)
    assert world.calls[-1] == ["3"]


def test_each_pause_is_longer_than_the_last() -> None:
    world = World(lambda numbers: failing(*numbers[:1]), [record(1)])

    world.poller.poll()

    assert len(world.pauses) == TRIES - 1
    assert world.pauses == sorted(set(world.pauses))


def test_what_a_stop_cut_short_does_not_count_as_delivered() -> None:
    world = World(lambda _: failing("1"), [record(1)])
    world.poller.pause = lambda _: world.poller.stop()

    world.poller.poll()

    assert len(world.calls) == 1
    assert world.poller.drained is None
    assert world.given_up == []


def test_a_stream_that_cannot_be_read_is_reported_and_read_again() -> None:
    from botocore.exceptions import EndpointConnectionError

    world = World(lambda _: failing(), [record(1)])
    shards = world.poller.client
    readings = iter([EndpointConnectionError(endpoint_url="http://nowhere"), None])
    read = shards.get_records

    def get_records(**asked: Any) -> Any:
        error = next(readings, None)
        if error:
            raise error
        return read(**asked)

    shards.get_records = get_records
    world.poller.pause = lambda _: world.poller.stop() if world.calls else None

    world.poller.run()

    assert world.calls == [["1"]]
    assert len(world.reports) == 1


def test_the_queues_message_tells_what_was_given_up() -> None:
    told = json.loads(undelivered(stream_event([record(7)], ARN)["Records"][0]))

    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == TRIES
    batch = told["DDBStreamBatchInfo"]
    assert (batch["startSequenceNumber"], batch["batchSize"], batch["streamArn"]) == ("7", 1, ARN)
    assert batch["approximateArrivalOfFirstRecord"] == "2027-01-01T00:00:00+00:00"
