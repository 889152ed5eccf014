"""Both sides at the same moment, twenty at a time: one step wins, and what stands fits it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import CLAIMING, Booking, State
from greenroom.payments.provider import ProviderEvent
from greenroom.refusals import PreconditionFailed, Refusal
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import AGENT, DAY, SLOT, World, buyer
from tests.service.identity.racing import at_once

CALLERS = 20
ROUNDS = 4
OFFER = actions.Offer(fee=1000, deposit=100, currency="EUR")

Deed = tuple[actions.Action, Actor]


def offered(world: World, by: int) -> Booking:
    booking = world.book(SLOT + by * DAY, offering=3, by=by)
    return world.desk.apply(booking.id, OFFER, AGENT)


def confirmed(world: World, by: int) -> Booking:
    booking = offered(world, by)
    world.desk.apply(booking.id, actions.Accept(1), buyer(by))
    _, payment = world.pay(booking.id)
    world.cashier.receive(world.provider.pay(payment.id))
    return world.store.get(booking.id)


def race(world: World, booking: Booking, deeds: list[Deed]) -> Counter[str]:
    """Let twenty callers, ten for each deed, act at once on the version they all know."""
    waiting = deeds * (CALLERS // len(deeds))

    def act() -> str:
        action, actor = waiting.pop()
        try:
            world.desk.step(booking, action, actor)
        except Refusal as refusal:
            return refusal.code
        return type(action).__name__

    outcomes = at_once(CALLERS, act)
    assert all(isinstance(outcome, str) for outcome in outcomes), outcomes
    return Counter(map(str, outcomes))


@pytest.mark.parametrize(
    ("begin", "deeds"),
    [
        (offered, lambda by: [(actions.Accept(1), buyer(by)), (actions.Withdraw(), buyer(by))]),
        (offered, lambda by: [(actions.Accept(1), buyer(by)), (OFFER, buyer(by))]),
        (offered, lambda by: [(actions.Accept(1), buyer(by)), (actions.Decline(), AGENT)]),
        (confirmed, lambda by: [(actions.Cancel(), buyer(by)), (actions.Cancel(), AGENT)]),
    ],
    ids=["accept or withdraw", "accept or counter", "accept or decline", "both cancel"],
)
def test_of_twenty_steps_at_once_exactly_one_is_taken(
    world: World, begin: Callable[[World, int], Booking], deeds: Callable[[int], list[Deed]]
) -> None:
    for by in range(1, ROUNDS + 1):
        booking = begin(world, by)

        outcomes = race(world, booking, deeds(by))

        taken = Counter({name: n for name, n in outcomes.items() if name[0].isupper()})
        assert taken.total() == 1, outcomes
        assert outcomes.keys() - taken.keys() <= {PreconditionFailed.code, "calendar_busy"}
        assert world.store.get(booking.id).version == booking.version + 1
    books(world).check()


def test_complete_and_cancel_at_once_end_it_once(world: World) -> None:
    """Both are open at the very end of an engagement only to callers whose clocks disagree."""
    for by in range(1, ROUNDS + 1):
        world.clock.now = SLOT - 30 * DAY
        booking = confirmed(world, by)
        world.clock.now = booking.interval.end
        early = world.skewed(-timedelta(seconds=1))
        waiting: list[tuple[World, actions.Action, Actor]] = [
            (world, actions.Complete(), AGENT),
            (early, actions.Cancel(), buyer(by)),
        ] * 10

        def act(
            waiting: list[tuple[World, actions.Action, Actor]] = waiting, booking: Booking = booking
        ) -> str:
            where, action, actor = waiting.pop()
            try:
                return where.desk.step(booking, action, actor).state.value
            except Refusal as refusal:
                return refusal.code

        outcomes = Counter(map(str, at_once(CALLERS, act)))
        assert outcomes["completed"] + outcomes["cancelled"] == 1, outcomes
    books(world).check()


def test_a_capture_and_the_sweeper_at_once_end_confirmed_or_paid_back(world: World) -> None:
    for by in range(1, ROUNDS + 1):
        booking = offered(world, by)
        world.desk.apply(booking.id, actions.Accept(1), buyer(by))
        _, payment = world.pay(booking.id)
        _capture_and_expire(world, booking.id, world.provider.pay(payment.id))

        after = world.store.get(booking.id)
        assert after.state is State.CONFIRMED, "the time was free, and who has paid is not turned away"
        assert after.payments[0].kept == after.payments[0].amount
    found = books(world)
    found.check()
    check_ledger(found, world.provider)


def _capture_and_expire(world: World, booking_id: str, told: ProviderEvent) -> None:
    """Deliver the provider's message and sweep the deadline that has just passed, ten times each at once."""
    due = world.store.get(booking_id).deadline
    assert due is not None
    late = world.skewed(due - world.clock())
    waiting: list[Callable[[], object]] = [
        lambda: world.cashier.receive(told),
        lambda: late.desk.expire(booking_id),
    ] * 10

    def one() -> None:
        waiting.pop()()

    at_once(CALLERS, one)
    world.cashier.receive(told)


def test_offers_for_one_time_by_many_negotiations_give_it_to_one(world: World) -> None:
    """Twenty requests for the same evening: the agent may offer it to one of them."""
    requests = [world.book(offering=3, by=number) for number in range(1, CALLERS + 1)]
    waiting = list(requests)

    def act() -> str:
        try:
            return world.desk.step(waiting.pop(), OFFER, AGENT).state.value
        except Refusal as refusal:
            return refusal.code

    outcomes = Counter(map(str, at_once(CALLERS, act)))

    assert outcomes["offered"] == 1, outcomes
    assert outcomes.keys() <= {"offered", "slot_taken", "calendar_busy"}
    states = Counter(world.store.get(booking.id).state for booking in requests)
    assert states == {State.OFFERED: 1, State.REQUESTED: CALLERS - 1}
    books(world).check()


def test_counter_offers_that_swap_two_times_leave_each_with_one(world: World) -> None:
    """Each wants the other's time: neither can have it before the other lets go, and none loses his own."""
    first, second = offered(world, 1), offered(world, 2)
    swap = [
        (first, actions.Offer(fee=1, deposit=0, currency="EUR", start=second.interval.start), buyer(1)),
        (second, actions.Offer(fee=1, deposit=0, currency="EUR", start=first.interval.start), buyer(2)),
    ] * 10

    def act() -> str:
        try:
            return world.desk.step(*swap.pop()).state.value
        except Refusal as refusal:
            return refusal.code

    assert Counter(map(str, at_once(CALLERS, act)))["offered"] == 0
    assert all(world.store.get(each.id).state in CLAIMING for each in (first, second))
    assert {Role.BUYER} == {world.store.get(each.id).turn for each in (first, second)}
    books(world).check()
