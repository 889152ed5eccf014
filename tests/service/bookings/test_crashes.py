"""A process may end, or lose an answer, at any table call and any call of the provider.

Each scenario is cut short before and after each of its steps, until it has no such step; then whoever waits
for it tries again: the buyer with the same key, the provider with the same event, the schedule a minute
later. Nothing may be lost or doubled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from functions.sweeper.main import sweep
from greenroom.bookings import actions
from greenroom.bookings.model import State
from greenroom.bookings.refusals import IllegalTransition
from greenroom.payments.provider import ProviderUnavailable
from greenroom.refusals import Refusal
from tests.service.bookings.truth import Books, books, check_ledger
from tests.service.bookings.world import AGENT, DAY, HOLD, NOW, SLOT, Clock, World, buyer
from tests.support.faults import TABLE_CALLS, Crash, FaultPoint, Faulty, lost_answer
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_provider import PaperProvider

Operation = Callable[[World], object]
_MOST_STEPS = 40


@dataclass(frozen=True)
class Scenario:
    """What is set up, what is then done, again after a fault, and what must have come of it."""

    prepare: Callable[[World], Operation]
    state: State
    log: list[str]
    steps: int
    """At least so many steps leave the process, or the test does not test what it says."""


def _book(_: World, offering: int = 1) -> Operation:
    def book(world: World) -> None:
        answer = world.request(world.wish(offering=offering), key="the-key")
        if answer.status >= 500:
            raise AskAgain
        assert answer.status == 201
        assert answer.body["id"] == books(world).only.id

    return book


def _book_on_request(world: World) -> Operation:
    return _book(world, offering=3)


def _start_payment(world: World) -> Operation:
    booking = world.book()

    def start(world: World) -> None:
        headers = {"Idempotency-Key": "the-key"}
        answer = world.call(
            "POST",
            "/v1/bookings/{booking_id}/payments",
            {"kind": "deposit"},
            by=buyer(),
            headers=headers,
            booking_id=booking.id,
        )
        if answer.status >= 500:
            raise AskAgain
        assert answer.status == 201
        assert answer.body["client_secret"] == f"secret_{answer.body['id']}"

    return start


def _capture(world: World) -> Operation:
    _, payment = world.pay(world.book().id)
    event = world.provider.pay(payment.id)
    return lambda world: world.cashier.receive(event)


def _fail(world: World) -> Operation:
    _, payment = world.pay(world.book().id)
    event = world.provider.decline(payment.id)
    return lambda world: world.cashier.receive(event)


def _capture_late(world: World) -> Operation:
    receive = _capture(world)
    world.clock.advance(HOLD)
    return receive


def _capture_later_than_another(world: World) -> Operation:
    receive = _capture_late(world)
    world.book(by=2)
    return receive


def _capture_after_withdrawing(world: World) -> Operation:
    receive = _capture(world)
    world.desk.apply(books(world).only.id, actions.Withdraw(), buyer())
    return receive


def _expire(world: World) -> Operation:
    world.book()
    world.clock.advance(HOLD)
    return lambda world: sweep(world.cashier)


def _move(world: World) -> Operation:
    booking = world.confirmed()
    proposal = actions.ProposeReschedule(start=SLOT + DAY, time_zone="UTC")
    world.desk.apply(booking.id, proposal, AGENT)

    def accept(world: World) -> None:
        try:
            world.desk.apply(booking.id, actions.Accept(2), buyer())
        except IllegalTransition:
            assert books(world).only.interval.start == SLOT + DAY  # it was done before the fault

    return accept


PAID = ["booked", "payment_started", "confirmed"]
RETURNED = ["payment_returned", "refunded"]
SCENARIOS = {
    "book": Scenario(_book, State.AWAITING_PAYMENT, ["booked"], 2),
    "request": Scenario(_book_on_request, State.REQUESTED, ["requested"], 2),
    "start payment": Scenario(_start_payment, State.AWAITING_PAYMENT, ["booked", "payment_started"], 4),
    "capture": Scenario(_capture, State.CONFIRMED, PAID, 3),
    "fail": Scenario(_fail, State.AWAITING_PAYMENT, ["booked", "payment_started", "payment_failed"], 2),
    "capture late": Scenario(_capture_late, State.CONFIRMED, PAID, 3),
    "capture too late": Scenario(
        _capture_later_than_another, State.AWAITING_PAYMENT, [*PAID[:2], *RETURNED], 6
    ),
    "capture after withdrawing": Scenario(
        _capture_after_withdrawing, State.WITHDRAWN, [*PAID[:2], "withdrawn", *RETURNED], 5
    ),
    "expire": Scenario(_expire, State.EXPIRED, ["booked", "expired"], 8),
    "move": Scenario(_move, State.CONFIRMED, [*PAID, "reschedule_proposed", "rescheduled"], 3),
}


class AskAgain(Exception):
    """The caller was told that the service is unavailable."""


def _fresh() -> World:
    return World(MemoryDynamoDB(), clock=Clock(NOW), provider=PaperProvider())


def _faulty(world: World, point: FaultPoint) -> World:
    lost: Any = ProviderUnavailable if point.fault is lost_answer else None
    return world.over(
        dynamodb=Faulty(world.dynamodb, point, TABLE_CALLS),
        provider=Faulty(world.provider, point, frozenset({"create", "refund"}), lost),
    )


def _cut_short(operation: Operation, world: World, point: FaultPoint) -> bool:
    """Run the operation up to its fault; return whether it came that far."""
    try:
        operation(_faulty(world, point))
    except (Crash, Refusal, AskAgain):
        assert point.reached
    return point.reached


def _check(world: World, scenario: Scenario, others: int) -> Books:
    found = books(world)
    first = min(found.bookings.values(), key=lambda booking: booking.buyer_id)
    assert found.types(first.id) == scenario.log
    assert first.state is scenario.state
    assert len(found.bookings) == 1 + others
    found.check(stealable_until=world.clock())
    check_ledger(found, world.provider)
    return found


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("fault", [Crash, lost_answer], ids=["crash", "lost answer"])
def test_whatever_is_cut_short_is_finished_by_the_next_try(name: str, fault: Any) -> None:
    scenario = SCENARIOS[name]
    for at in range(_MOST_STEPS):
        for done in (False, True):
            world = _fresh()
            operation = scenario.prepare(world)
            others = len(books(world).bookings) - (0 if scenario.prepare in (_book, _book_on_request) else 1)
            reached = _cut_short(operation, world, FaultPoint(at, done, fault))
            books(world).check(stealable_until=world.clock())
            operation(world)
            operation(world)  # and once more, as the provider or a nervous buyer would
            _check(world, scenario, others)
        if not reached:
            assert at >= scenario.steps
            return
    pytest.fail("the scenario does not end")


@pytest.mark.parametrize("name", ["start payment", "capture too late"])
def test_what_is_cut_short_again_and_again_is_finished_in_the_end(name: str) -> None:
    scenario = SCENARIOS[name]
    for first in range(scenario.steps):
        for second in range(scenario.steps):
            for done in (False, True):
                world = _fresh()
                operation = scenario.prepare(world)
                others = len(books(world).bookings) - 1
                for at in (first, second, second):
                    _cut_short(operation, world, FaultPoint(at, done))
                operation(world)
                _check(world, scenario, others)


def test_a_crashed_sweep_leaves_the_rest_to_the_next_one() -> None:
    for at in range(0, 30, 3):
        world = _fresh()
        ids = [world.book(SLOT + number * DAY).id for number in range(4)]
        world.clock.advance(HOLD)
        _cut_short(lambda doomed: sweep(doomed.cashier), world, FaultPoint(at, done=True))

        sweep(world.cashier)

        found = books(world)
        found.check()
        assert [found.bookings[each].state for each in ids] == [State.EXPIRED] * 4
        assert found.due == set()
