"""The bookings table's stream, read and handed to the outbox as Lambda's event source mapping does.

Partial failures are honoured: after ``batchItemFailures`` the batch goes on from the first failed record,
with a growing pause. A record that failed every try goes to a queue, and the stream goes on behind it. The
emulator loses the stream's records when it stops; what was missed is caught up from the event log, by the
outbox's own replay.
"""

import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from greenroom.messaging.undelivered import note_of
from local.runtime import Function

TRIES = 5
BATCH = 100
POLL_SECONDS = 0.3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


def stream_event(records: Sequence[Mapping[str, Any]], stream_arn: str) -> dict[str, Any]:
    """Return the function's event for records as the stream's API returns them."""
    return {
        "Records": [
            {
                "eventID": record["eventID"],
                "eventName": record["eventName"],
                "eventVersion": record["eventVersion"],
                "eventSource": record["eventSource"],
                "awsRegion": record["awsRegion"],
                "dynamodb": _plain(record["dynamodb"]),
                "eventSourceARN": stream_arn,
            }
            for record in records
        ]
    }


def _plain(value: Any) -> Any:
    """Turn what botocore parsed back into JSON: instants as epoch seconds, binaries as base64."""
    match value:
        case datetime():
            return value.timestamp()
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value


def first_failure(answer: object, records: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the position of the first record that failed, None when all went well.

    As with Lambda, an identifier that is not of this batch, or none at all, fails the whole of it.
    """
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return None
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    named = [failure.get("itemIdentifier") for failure in failures]
    if any(name not in numbers for name in named):
        return 0
    return min(map(numbers.index, named))


@dataclass(slots=True)
class StreamPoller:
    """Polls one stream in a thread and feeds a function. ``give_up`` gets a record that failed every try."""

    client: Any
    stream_arn: str
    function: Function
    give_up: Callable[[dict[str, Any]], None]
    report: Callable[[str], None]
    pause: Callable[[float], object] | None = None
    """Waits some seconds; by default no longer than until ``stop``."""
    drained: datetime | None = None
    """Until when every record was delivered or given up."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _iterators: dict[str, str | None] = field(default_factory=dict)

    def run(self) -> None:
        """Poll until ``stop``; meant to be a thread's work."""
        while not self._stop.is_set():
            try:
                found = self.poll()
            except (BotoCoreError, ClientError) as error:  # the emulator stops before we do, or is slow
                self.report(f"The stream cannot be read: {error}")
                self._iterators.clear()
                found = 0
            if not found:
                self._wait(POLL_SECONDS)

    def _wait(self, seconds: float) -> None:
        (self.pause or self._stop.wait)(seconds)

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop.set()

    def poll(self) -> int:
        """Read each shard once and deliver what is there. Return how many records there were."""
        delivered, now = 0, datetime.now(UTC)
        for shard in self.client.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]["Shards"]:
            shard_id = shard["ShardId"]
            if shard_id not in self._iterators:
                self._iterators[shard_id] = self.client.get_shard_iterator(
                    StreamArn=self.stream_arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
            iterator = self._iterators[shard_id]
            if iterator is None:  # a closed shard, read to its end
                continue
            answer = self.client.get_records(ShardIterator=iterator, Limit=BATCH)
            if answer["Records"]:
                self.deliver(answer["Records"])
                delivered += len(answer["Records"])
            self._iterators[shard_id] = answer.get("NextShardIterator")
        if not self._stop.is_set():  # what a stop cut short is for the next run's replay
            self.drained = now
        return delivered

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Hand a batch over until each record is done or given up, or the poller stops."""
        rest, tries = list(records), 0
        while rest and not self._stop.is_set():
            failed = self._attempt(rest)
            if failed is None:
                return
            tries = 1 if failed else tries + 1
            rest = rest[failed:]
            if tries >= TRIES:
                self.give_up(stream_event(rest[:1], self.stream_arn)["Records"][0])
                rest, tries = rest[1:], 0
            else:
                self._wait(min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE))

    def _attempt(self, records: Sequence[Mapping[str, Any]]) -> int | None:
        try:
            answer = self.function.invoke(json.dumps(stream_event(records, self.stream_arn)))
        except Exception as error:  # a function that raises fails its whole batch
            self.report(f"{self.function.name} failed: {type(error).__name__}: {error}")
            return 0
        return first_failure(answer, records)


def undelivered(record: Mapping[str, Any]) -> str:
    """Return the queue's message about a record that was given up."""
    return note_of(record, "RetryAttemptsExhausted", tries=TRIES)
