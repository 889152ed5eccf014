import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from greenroom.bookings.model import EventType, State
from tests.service.outbox.conftest import Handler
from tests.service.outbox.world import ADA, BO, World

NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


def test_a_booking_written_is_a_booking_announced(world: World, handler: Handler) -> None:
    item = world.book()

    assert handler(world.batch()) == NOTHING_FAILED

    assert world.posted.letters == [(ADA, "Confirmed"), (BO, "Confirmed")]
    for message in world.posted.messages:
        (attachment,) = message.iter_attachments()
        body = message.get_body(("plain",))
        assert body is not None
        assert "Start: Tuesday 1 December 2026, 19:00 (UTC+01:00, Europe/Paris)" in body.get_content()
        assert attachment["Content-Type"].params["method"] == "REQUEST"
        assert f"UID:{item['booking_id']}@greenroom" in attachment.get_content().decode()
    assert (world.mark(item, "buyer"), world.mark(item, "agent")) == ("sent", "sent")


def test_only_new_events_are_acted_on(world: World, handler: Handler) -> None:
    world.book()
    first = world.batch()
    handler(first)

    # By now the stream also carries the booking itself and the marks.
    batch = world.batch()

    assert len(batch["Records"]) > len(first["Records"])
    assert handler(batch) == NOTHING_FAILED
    assert len(world.posted.raw) == 2


def test_a_record_that_comes_twice_in_a_batch_and_again_later_is_mailed_once(
    world: World, handler: Handler
) -> None:
    world.book()
    batch = world.batch()
    batch["Records"] *= 2

    for _ in range(2):
        assert handler(batch) == NOTHING_FAILED

    assert world.posted.letters == [(ADA, "Confirmed"), (BO, "Confirmed")]


def test_the_events_of_a_booking_are_announced_in_their_order(world: World, handler: Handler) -> None:
    first = world.book()
    world.append(first, EventType.CANCELLED, State.CANCELLED)

    handler(world.batch())

    assert [kind for to, kind in world.posted.letters if to == ADA] == ["Confirmed", "Cancelled"]
    methods = [
        part["Content-Type"].params["method"]
        for message in world.posted.messages
        for part in message.iter_attachments()
    ]
    assert methods == ["REQUEST", "REQUEST", "CANCEL", "CANCEL"]


def test_a_poisoned_record_is_noted_and_the_rest_of_the_shard_goes_on(world: World, handler: Handler) -> None:
    for _ in range(3):
        world.book()
    batch = world.batch()
    events = [r for r in batch["Records"] if r["dynamodb"]["NewImage"]["kind"] == {"S": "event"}]
    events[1]["dynamodb"]["NewImage"]["type"] = {"S": "unheard_of"}

    answer = handler(batch)

    number = events[1]["dynamodb"]["SequenceNumber"]
    assert answer == NOTHING_FAILED
    assert len(world.posted.raw) == 4
    (note,) = world.undelivered
    assert (note.records, note.why) == (1, "NotDeliverable after 1 tries")
    assert note.place.endswith(f" {number}..{number}")


def test_while_the_queue_does_not_answer_a_poisoned_record_comes_again(
    world: World, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.book()
    batch = world.batch()
    (event,) = [r for r in batch["Records"] if r["dynamodb"]["NewImage"]["kind"] == {"S": "event"}]
    event["dynamodb"]["NewImage"]["type"] = {"S": "unheard_of"}
    monkeypatch.setenv("UNDELIVERED_QUEUE_URL", f"{world.queue.url}-gone")

    number = event["dynamodb"]["SequenceNumber"]
    assert handler(batch) == {"batchItemFailures": [{"itemIdentifier": number}]}


def test_an_event_whose_booking_is_gone_holds_nobody_up(world: World, handler: Handler) -> None:
    lost, kept = world.book(), world.book()
    world.dynamodb.delete_item(
        TableName=world.names["bookings"], Key={"pk": {"S": lost["pk"]}, "sk": {"S": "BOOKING"}}
    )

    assert handler(world.batch()) == NOTHING_FAILED

    assert len(world.undelivered) == 1
    assert world.mark(kept, "buyer") == "sent"
    assert world.mark(lost, "buyer") is None


def test_an_operator_can_have_a_span_of_time_announced_anew(world: World, handler: Handler) -> None:
    world.book()

    span = {"since": "2026-11-02T09:00:00Z", "until": "2026-11-02T09:00:00Z"}

    assert handler({"replay": span}) == {"sent": 2, "failed": 0}
    assert handler({"replay": span}) == {"sent": 0, "failed": 0}
    assert world.posted.letters == [(ADA, "Confirmed"), (BO, "Confirmed")]


def test_the_function_can_be_imported_without_any_environment() -> None:
    root = Path(__file__).parents[3]

    done = subprocess.run(
        [sys.executable, "-c", "import functions.outbox.main"],
        env={"PYTHONPATH": os.pathsep.join([str(root / "layers"), str(root)])},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
