"""Many buyers at one moment: exactly one gets a given time, and a repeated request has one effect."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from greenroom.storage import contention
from tests.service.bookings.truth import books
from tests.service.bookings.world import DAY, HOUR, MINUTE, SLOT, Answer, World
from tests.service.identity.racing import at_once
from tests.support.memory_dynamodb import failure

BUYERS = 64


class Conflicting:
    """A client whose transactions conflict as the real service's do: at once, while another is under way."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._under_way = threading.Lock()
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if not self._under_way.acquire(blocking=False):
            self.refused += 1
            reasons = [{"Code": "TransactionConflict"} for _ in request["TransactItems"]]
            raise failure("TransactionCanceledException", "Write", CancellationReasons=reasons)
        try:
            return self._client.transact_write_items(**request)
        finally:
            self._under_way.release()


def race(world: World, start_of: Callable[[int], datetime], *, offering: int = 1) -> Counter[tuple[int, str]]:
    """Let 64 buyers ask at once, each for a start of his own; return how often each answer came."""
    numbers = list(range(1, BUYERS + 1))

    def ask() -> Answer:
        number = numbers.pop()
        return world.request(world.wish(start_of(number), offering), by=number)

    answers = at_once(BUYERS, ask)
    for answer in answers:
        assert isinstance(answer, Answer), answer
    return Counter(
        (answer.status, answer.code if answer.status != 201 else "")
        for answer in answers
        if isinstance(answer, Answer)
    )


ONE_WINS = {(201, ""): 1, (409, "slot_taken"): BUYERS - 1}


def test_of_64_buyers_of_one_slot_exactly_one_gets_it_in_each_of_20_rounds(world: World) -> None:
    for number in range(20):
        slot = SLOT + number * 6 * HOUR
        assert race(world, lambda _, slot=slot: slot) == ONE_WINS  # type: ignore[misc]

    found = books(world)
    found.check()
    assert len(found.bookings) == len(found.kept) == 20


def test_of_64_buyers_of_starts_that_overlap_exactly_one_gets_his(world: World) -> None:
    for number in range(3):
        # Two hours and half an hour on either side: any two of twelve starts a quarter apart overlap.
        first = SLOT + number * 6 * HOUR
        assert race(world, lambda n, first=first: first + n % 12 * 15 * MINUTE) == ONE_WINS  # type: ignore[misc]

    books(world).check()


def test_of_64_buyers_of_engagements_over_midnights_that_overlap_exactly_one_gets_his(world: World) -> None:
    for number in range(2):
        # Three days each, an hour apart: some pairs share but one of their days.
        first = SLOT + number * 7 * DAY
        assert race(world, lambda n, first=first: first + n * HOUR, offering=2) == ONE_WINS  # type: ignore[misc]

    books(world).check()


def test_transactions_that_conflict_change_nothing_about_who_wins(world: World) -> None:
    conflicting = Conflicting(world.dynamodb)
    rivals = world.over(dynamodb=conflicting)

    for number in range(2):
        slot = SLOT + number * 6 * HOUR
        assert race(rivals, lambda _, slot=slot: slot) == ONE_WINS  # type: ignore[misc]

    assert conflicting.refused
    books(world).check()


def test_buyers_of_many_slots_of_one_day_get_theirs_or_are_told_to_try_again(world: World) -> None:
    day = SLOT.replace(hour=0)

    counts = race(world, lambda n: day + n % 8 * 3 * HOUR)

    found = books(world)
    found.check()
    assert counts.keys() <= {(201, ""), (409, "slot_taken"), (503, "calendar_busy")}
    assert counts[201, ""] == len(found.bookings) >= 6


def test_the_same_key_sent_20_times_at_once_books_once_and_answers_20_times_the_same(world: World) -> None:
    body = world.wish(venue="Olympia", budget={"amount": 100_000, "currency": "EUR"})

    answers = at_once(20, lambda: world.request(body, key="the-key"))

    assert len({(answer.status, answer.text, answer.headers["ETag"]) for answer in answers}) == 1  # type: ignore[union-attr]
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]  # type: ignore[union-attr]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 19]
    found = books(world)
    found.check()
    assert answers[0].body["id"] == found.only.id  # type: ignore[union-attr]


def test_payments_started_20_times_at_once_are_one_payment(world: World) -> None:
    booking = world.book()

    starts = at_once(20, lambda: world.pay(booking.id))

    assert {start[1].id for start in starts if not isinstance(start, Exception)} == set(world.provider.asked)
    found = books(world)
    found.check()
    assert found.types(booking.id) == ["booked", "payment_started"]
    assert len(found.only.payments) == 1


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again without waiting."""
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)


@pytest.mark.usefixtures("hasty")
def test_five_conflicts_in_a_row_are_borne(memory: World) -> None:
    memory.dynamodb.conflicts = 5

    assert memory.request(memory.wish()).status == 201


@pytest.mark.usefixtures("hasty")
def test_after_six_conflicts_the_caller_is_told_to_come_again_and_nothing_is_written(memory: World) -> None:
    memory.dynamodb.conflicts = 6

    answer = memory.request(memory.wish())

    assert (answer.status, answer.code) == (503, "calendar_busy")
    assert int(answer.headers["Retry-After"]) >= 1
    assert memory.items() == []


class TornRead:
    """Reads several items as the service may: one of them as it was before somebody's transaction."""

    def __init__(self, client: Any, omitted: str) -> None:
        self._client = client
        self._omitted = omitted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        for table, rows in answer["Responses"].items():
            answer["Responses"][table] = [row for row in rows if not row["pk"]["S"].startswith(self._omitted)]
        return answer


def test_a_repeated_request_is_not_told_that_its_own_booking_took_the_slot(memory: World) -> None:
    first = memory.request(memory.wish(), key="the-key")
    torn = memory.over(dynamodb=TornRead(memory.dynamodb, "IDEMPOTENCY"))

    again = torn.request(memory.wish(), key="the-key")
    other = torn.request(memory.wish(), key="another-key")

    assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (201, first.text, "true")
    assert (other.status, other.code) == (409, "slot_taken")


def test_a_key_that_was_used_with_another_body_or_long_ago(memory: World) -> None:
    first = memory.request(memory.wish(), key="the-key")

    reused = memory.request(memory.wish(SLOT + DAY), key="the-key")
    memory.clock.advance(timedelta(hours=24))
    outdated = memory.request(memory.wish(SLOT + DAY), key="the-key")
    elsewhere = memory.request(memory.wish(SLOT + 2 * DAY), key="the-key", by=2)

    assert (reused.status, reused.code) == (422, "idempotency_key_reused")
    assert (outdated.status, elsewhere.status) == (201, 201)
    assert len({first.body["id"], outdated.body["id"], elsewhere.body["id"]}) == 3
    books(memory).check(stealable_until=memory.clock())
