from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from greenroom.aws.client import Call, Document
from greenroom.bookings.model import EventType, State
from greenroom.messaging.marks import LEASE, BeingSent
from greenroom.messaging.replay import replay_events
from greenroom.messaging.stream import deliver_records
from tests.service.outbox.world import ADA, BO, NOW, World

ROUNDS = 12
HANDLERS = 4
MINUTE = timedelta(minutes=1)


def test_handlers_at_the_same_moment_send_each_mail_once(world: World) -> None:
    outbox = world.outbox()
    for round_number in range(1, ROUNDS + 1):
        world.book()
        records = world.batch()["Records"]
        start = Barrier(HANDLERS)

        def handle(records: Any = records, start: Barrier = start) -> list[str]:
            start.wait()
            return deliver_records(records, outbox.deliver, world.queue.put)

        with ThreadPoolExecutor(HANDLERS) as pool:
            list(pool.map(lambda _: handle(), range(HANDLERS)))

        # Who came too early for a mail in other hands hears of it the next time.
        assert handle(records, Barrier(1)) == []
        assert len(world.posted.raw) == 2 * round_number
    assert set(Counter(world.posted.ids).values()) == {1}


class Crash(BaseException):
    """The process ends here."""


class Fuse:
    """Ends the process at the n-th call to AWS: before it is made, or once it has had its effect."""

    def __init__(self, world: World, at: int, *, before: bool) -> None:
        self.calls: list[str] = []
        self.armed = True
        self._at, self._before = at, before
        world.dynamodb.middleware.append(self._around)
        world.ses.meta.events.register(
            "before-send", lambda event_name, **_: self._starting(event_name.rpartition(".")[2])
        )
        world.ses.meta.events.register("after-call", lambda **_: self._ended())

    def _around(self, call: Call, proceed: Callable[[], Document]) -> Document:
        self._starting(call.operation)
        answer: Document = proceed()
        self._ended()
        return answer

    def _starting(self, operation: str) -> None:
        if self.armed:
            self.calls.append(operation)
            if self._before and len(self.calls) == self._at:
                raise Crash

    def _ended(self) -> None:
        if self.armed and not self._before and len(self.calls) == self._at:
            raise Crash


@pytest.mark.parametrize("before", [True, False], ids=["before the call", "after the call"])
def test_a_crash_at_any_step_loses_nothing_and_repeats_at_most_the_mail_it_could_not_note(
    world: World, before: bool
) -> None:
    calls: list[str] = []
    for step in range(1, 100):
        item = world.book()
        already = len(world.posted.raw)
        fuse = Fuse(world, step, before=before)
        crashed = False
        try:
            world.outbox().deliver(item)
        except Crash:
            crashed = True
        fuse.armed = False

        if crashed:
            world.now += LEASE
            world.outbox().deliver(item)

        copies = Counter((str(m["To"]), str(m["Message-ID"])) for m in world.posted.messages[already:])
        assert {to for to, _ in copies} == {ADA, BO}
        assert len(copies) == 2, "a second copy has the first one's Message-ID"
        if not crashed:
            calls = fuse.calls
            break
        # SES has it, and nobody could note that: the one window in which a mail goes out twice.
        unnoted = fuse.calls[-1] == "SendEmail" if not before else fuse.calls[-2:] == ["SendEmail", "PutItem"]
        assert max(copies.values()) == (2 if unnoted else 1), fuse.calls
        assert world.outbox().deliver(item) == 0
    booking, side = ["GetItem"], ["GetItem", "PutItem", "GetItem", "SendEmail", "PutItem"]
    assert calls == booking + 2 * side


def test_the_second_copy_is_the_first_one_again(world: World) -> None:
    item = world.book()
    fuse = Fuse(world, 5, before=False)
    with pytest.raises(Crash):
        world.outbox().deliver(item)
    fuse.armed = False
    world.now += LEASE
    world.outbox().deliver(item)

    first, second = (message for message in world.posted.messages if message["To"] == ADA)

    assert first.items()[:-1] == second.items()[:-1]  # all but the boundary
    assert [part.get_content() for part in first.walk() if not part.is_multipart()] == [
        part.get_content() for part in second.walk() if not part.is_multipart()
    ]


# Replay -----------------------------------------------------------------------------------------------------


def replay(world: World, since: Any = NOW - MINUTE, until: Any = NOW + MINUTE) -> int:
    return replay_events(
        world.tables,
        world.names["bookings"],
        world.outbox().deliver,
        since=since,
        until=until,
        now=lambda: world.now,
        sleep=world.sleep,
    ).sent


def test_a_replay_sends_exactly_what_the_stream_lost(world: World) -> None:
    items = [world.book() for _ in range(6)]
    items.append(world.append(items[0], EventType.CANCELLED, State.CANCELLED))
    records = world.batch()["Records"]
    deliver_records(records[:5], world.outbox().deliver, world.queue.put)
    told = len(world.posted.raw)
    assert 0 < told < 14

    sent = replay(world)

    assert sent == 14 - told
    assert len(world.posted.raw) == len(set(world.posted.ids)) == 14
    assert replay(world) == 0


def test_a_replay_keeps_to_its_span_of_time(world: World) -> None:
    for minute in range(5):
        world.book(at=NOW + minute * MINUTE)

    assert replay(world, NOW + MINUTE, NOW + 3 * MINUTE) == 6
    assert replay(world, NOW, NOW) == 2


def test_a_replay_goes_on_behind_an_event_that_cannot_be_told(world: World) -> None:
    items = [world.book() for _ in range(3)]
    world.dynamodb.update_item(
        TableName=world.names["bookings"],
        Key={"pk": {"S": items[1]["pk"]}, "sk": {"S": items[1]["sk"]}},
        UpdateExpression="SET #t = :t",
        ExpressionAttributeNames={"#t": "type"},
        ExpressionAttributeValues={":t": {"S": "unheard_of"}},
    )

    assert replay(world) == 4


def test_a_replay_waits_for_a_mail_in_dead_hands_and_keeps_the_order(world: World) -> None:
    item = world.book()
    world.append(item, EventType.CANCELLED, State.CANCELLED)
    fuse = Fuse(world, 4, before=False)  # the buyer's lease is taken, nothing is sent
    with pytest.raises(Crash):
        world.outbox().deliver(item)
    fuse.armed = False
    with pytest.raises(BeingSent):
        world.outbox().deliver(item)
    world.posted.raw.clear()
    world.now += timedelta(seconds=10)

    replay(world)

    assert world.slept == [LEASE.total_seconds() - 10, 0]
    assert [kind for to, kind in world.posted.letters if to == ADA] == ["Confirmed", "Cancelled"]


def test_a_mail_still_in_other_hands_after_the_wait_is_left_for_another_run(world: World) -> None:
    item = world.book()
    marks = world.outbox().marks
    assert marks.take(item["booking_id"], 1, "mail:buyer") is not None

    def sleep(seconds: float) -> None:
        world.sleep(seconds)
        assert marks.take(item["booking_id"], 1, "mail:buyer") is not None

    replayed = replay_events(
        world.tables,
        world.names["bookings"],
        world.outbox().deliver,
        since=NOW,
        until=NOW,
        now=lambda: world.now,
        sleep=sleep,
    )

    assert (*replayed, world.posted.letters) == (0, 1, [(BO, "Confirmed")])
