"""The queue of undelivered events: what Lambda notes of records that failed every try, and we of those that
never can be delivered, in the same form.

A message names the records' place in the stream and when they arrived there, not the records themselves. The
stream forgets them after a day, so they are looked up in the event log, by their time.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# A record arrives once its transaction is written, seconds after the instant that the event bears.
_BEFORE, _BEHIND = timedelta(minutes=5), timedelta(minutes=1)
_MOST_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Note:
    """One message of the queue. ``first`` and ``last`` are None where it is not one of Lambda's."""

    id: str
    receipt: str
    first: datetime | None = None
    last: datetime | None = None
    records: int = 0
    place: str = ""
    """Shard and sequence numbers."""
    why: str = ""

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The span of the event log that surely holds its events."""
        if self.first is None or self.last is None:
            return None
        return self.first.replace(microsecond=0) - _BEFORE, self.last.replace(microsecond=0) + _BEHIND


@dataclass(frozen=True, slots=True)
class UndeliveredQueue:
    """``sqs`` is a client of SQS."""

    sqs: Any
    url: str
    wait_seconds: int = 1
    """How long a look waits for more; with none it may miss what is there."""

    def put(self, record: Mapping[str, Any]) -> None:
        """Note a record of the stream that cannot be delivered."""
        body = note_of(record, "NotDeliverable", tries=1)
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def take(self, *, hold: timedelta) -> list[Note]:
        """Return every message; for so long nobody else gets them, and then they are in the queue again."""
        found: dict[str, Note] = {}
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_MOST_AT_ONCE,
                VisibilityTimeout=int(hold.total_seconds()),
                WaitTimeSeconds=self.wait_seconds,
            )
            messages = answer.get("Messages", [])
            if not messages:
                return list(found.values())
            for message in messages:
                found[message["MessageId"]] = _note(message)

    def give_back(self, notes: Iterable[Note]) -> None:
        """Let others have them at once."""
        for note in notes:
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=note.receipt, VisibilityTimeout=0
            )

    def remove(self, notes: Iterable[Note]) -> None:
        """Take them out for good."""
        for note in notes:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=note.receipt)


def note_of(record: Mapping[str, Any], condition: str, *, tries: int) -> str:
    """Return a message about one record, as Lambda hands records over; the record itself is not in it."""
    number = record["dynamodb"]["SequenceNumber"]
    arrived = datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC).isoformat()
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(),
            "requestContext": {"condition": condition, "approximateInvokeCount": tries},
            "DDBStreamBatchInfo": {
                # A record does not know its shard.
                "shardId": record["eventSourceARN"].rpartition("/")[2],
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "approximateArrivalOfFirstRecord": arrived,
                "approximateArrivalOfLastRecord": arrived,
                "batchSize": 1,
                "streamArn": record["eventSourceARN"],
            },
        }
    )


def _note(message: dict[str, Any]) -> Note:
    blank = Note(message["MessageId"], message["ReceiptHandle"], why="not a message of Lambda's")
    try:
        told = json.loads(message["Body"])
        batch, context = told["DDBStreamBatchInfo"], told["requestContext"]
        return Note(
            id=blank.id,
            receipt=blank.receipt,
            first=_instant(batch["approximateArrivalOfFirstRecord"]),
            last=_instant(batch["approximateArrivalOfLastRecord"]),
            records=int(batch["batchSize"]),
            place=f"{batch['shardId']} {batch['startSequenceNumber']}..{batch['endSequenceNumber']}",
            why=f"{context['condition']} after {context['approximateInvokeCount']} tries",
        )
    except (ValueError, LookupError, TypeError):
        return blank


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("not an instant")
    return instant.astimezone(UTC)
