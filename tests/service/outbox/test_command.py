"""The operator's command, over the emulator's queue and tables."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from greenroom.bookings.model import EventType, State
from greenroom.messaging import command
from greenroom.messaging.undelivered import Note
from greenroom.storage.items import Item
from local.streams import undelivered
from tests.service.outbox.world import ADA, BO, NOW, World

pytestmark = pytest.mark.usefixtures("handler")  # which sets a stage's environment

ARN = "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/1"


class Office:
    """An operator's command and the queue that it reads."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        clients = {"sqs": world.queue.sqs, "dynamodb": world.dynamodb}
        monkeypatch.setattr(command, "client", clients.__getitem__)
        monkeypatch.setattr(command, "_queue", lambda: world.queue)

    def note(self, arrived: datetime = NOW, body: str = "") -> None:
        """Note an event as given up."""
        change = {"ApproximateCreationDateTime": arrived.timestamp(), "SequenceNumber": "7"}
        made = body or undelivered({"dynamodb": change, "eventSourceARN": ARN})
        self.world.queue.sqs.send_message(QueueUrl=self.world.queue.url, MessageBody=made)

    @property
    def waiting(self) -> int:
        return len(self.world.undelivered)


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(world, monkeypatch)


def spoil(world: World, item: Item) -> None:
    world.dynamodb.delete_item(
        TableName=world.names["bookings"], Key={"pk": {"S": item["pk"]}, "sk": {"S": "BOOKING"}}
    )


def test_what_is_undelivered_is_shown_and_stays(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.note(NOW)
    office.note(NOW - timedelta(hours=1))
    office.note(body="scribble")

    assert command.main(["list"]) == 0

    first, second, odd, count = capsys.readouterr().out.splitlines()
    assert first.startswith("2026-11-02T08:00:00Z  1 event(s)  RetryAttemptsExhausted after")
    assert "1 7..7" in second
    assert "not a message of Lambda's" in odd
    assert count == "3 undelivered"
    assert office.waiting == 3


def test_a_replay_mails_what_was_given_up_and_empties_the_queue(
    world: World, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    lost, elsewhere = world.book(), world.book(at=NOW - timedelta(days=2))
    office.note(NOW + timedelta(seconds=3))
    office.note(NOW + timedelta(seconds=9))

    assert command.main(["replay"]) == 0

    assert "2 mail(s) sent, 0 event(s) failed" in capsys.readouterr().out
    assert world.posted.letters == [(ADA, "Confirmed"), (BO, "Confirmed")]
    assert (world.mark(lost, "buyer"), world.mark(elsewhere, "buyer")) == ("sent", None)
    assert office.waiting == 0


def test_an_event_that_fails_again_stays_in_the_queue_and_the_others_leave_it(
    world: World, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(world, world.book())
    good = world.book(at=NOW + timedelta(hours=3))
    for arrived in (NOW, NOW + timedelta(hours=3)):
        office.note(arrived)

    assert command.main(["replay"]) == 1

    out = capsys.readouterr().out
    assert "2 mail(s) sent, 1 event(s) failed" in out
    assert "1 still in the queue" in out
    assert world.mark(good, "agent") == "sent"
    assert office.waiting == 1


def test_what_is_no_note_of_lambda_s_is_left_for_a_person(office: Office) -> None:
    office.note(body=json.dumps({"DDBStreamBatchInfo": {"batchSize": "many"}}))

    assert command.main(["replay"]) == 1
    assert office.waiting == 1


def test_a_span_of_the_log_is_mailed_once_and_the_queue_is_left_alone(
    world: World, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = world.book(at=NOW), world.book(at=NOW + timedelta(days=1))
    world.append(early, EventType.CANCELLED, State.CANCELLED)
    office.note()
    span = ["--since", "2026-11-02T09:00:00Z", "--until", "2026-11-02T10:00:00Z"]

    assert [command.main(["replay", *span]) for _ in range(2)] == [0, 0]

    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]  # no log
    assert said == [
        "4 mail(s) sent, 0 event(s) failed",
        "0 mail(s) sent, 0 event(s) failed",
    ]
    assert world.mark(late, "buyer") is None
    assert office.waiting == 1


@pytest.mark.usefixtures("office")
def test_without_an_end_a_replay_goes_to_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    item, to_come = world.book(at=NOW), world.book(at=NOW + timedelta(hours=2))
    monkeypatch.setattr(command, "_now", lambda: NOW + timedelta(hours=1))

    assert command.main(["replay", "--since", "2026-11-02T08:59:00Z"]) == 0

    assert (world.mark(item, "buyer"), world.mark(to_come, "buyer")) == ("sent", None)


@pytest.mark.usefixtures("office")
def test_a_missing_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MAIL_FROM")

    assert command.main(["replay", "--since", "2026-11-02T09:00:00Z"]) == 1
    assert "MAIL_FROM" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["replay", "--since", "yesterday"], [], ["purge"]])
def test_a_command_that_makes_no_sense_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(wrong)

    assert refused.value.code == 2


def test_spans_that_meet_are_read_once() -> None:
    def note(number: int, minutes: int) -> Note:
        at = NOW + timedelta(minutes=minutes)
        return Note(str(number), "r", at, at, 1)

    spans: list[Any] = command.merged([note(1, 60), note(2, 0), note(3, 4), Note("4", "r")])

    assert [[each.id for each in noted] for _, noted in spans] == [["2", "3"], ["1"]]
    assert spans[0][0] == (NOW - timedelta(minutes=5), NOW + timedelta(minutes=5))
