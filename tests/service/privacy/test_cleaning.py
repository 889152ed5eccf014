"""Whoever has left is taken out of every booking, whenever a process ends, and nobody else is touched."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.sweeper.main import sweep
from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import State
from greenroom.privacy.cleaning import QUIET, Cleaner
from greenroom.privacy.jobs import Job
from greenroom.refusals import Refusal
from greenroom.storage.items import Item
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import AGENT, AGENT_ID, DAY, HOLD, NOW, SLOT, Clock, World, buyer
from tests.support.faults import TABLE_CALLS, Crash, FaultPoint, Faulty, lost_answer
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_provider import PaperProvider

SECRET = "My flat above the bakery"
LEAVER, OTHER = buyer(1), buyer(2)
_MOST_STEPS = 80


def cleaner(world: World) -> Cleaner:
    return Cleaner(world.desk, world.clock)


def leave(world: World, user_id: str = LEAVER.id) -> Job:
    job = Job.new(user_id, world.clock())
    world.tables.write(cleaner(world).jobs.creation(job))
    return job


def lived_in() -> World:
    """A house in which the leaver has a booking of every kind, and somebody else one too."""
    world = World(MemoryDynamoDB(), clock=Clock(NOW), provider=PaperProvider())
    taken_place = world.confirmed()
    world.clock.advance(SLOT + DAY - NOW)
    world.desk.apply(taken_place.id, actions.Complete("Splendid"), AGENT)
    later = SLOT + 40 * DAY
    cancelled = world.confirmed(later)
    world.desk.apply(cancelled.id, actions.Cancel(SECRET), LEAVER)
    asked = world.request(world.wish(later + DAY, offering=3, venue=SECRET, brief=SECRET)).body["id"]
    offer = actions.Offer(fee=1000, deposit=100, currency="EUR", rider="Still water")
    world.desk.apply(asked, offer, AGENT)
    counter = actions.Offer(fee=900, deposit=90, currency="EUR", rider=SECRET, message=SECRET)
    world.desk.apply(asked, counter, LEAVER)
    world.pay(world.book(later + 2 * DAY).id)
    expired = world.book(later + 3 * DAY)
    world.clock.advance(HOLD)
    world.desk.expire(expired.id)
    world.book(later + 4 * DAY)
    world.book(later + 5 * DAY, offering=3, by=2)
    sweep(world.cashier)
    return world


def traces(world: World, user_id: str = LEAVER.id) -> list[Item]:
    """Return what still tells of somebody; kept answers expire within a day by themselves."""
    kept = [item for item in world.items() if not item["pk"].startswith("IDEMPOTENCY#")]
    return [item for item in kept if user_id in repr(item) or SECRET in repr(item)]


def settle(world: World) -> None:
    """Let the schedule come round until the job is done."""
    for _ in range(4):
        world.clock.advance(timedelta(hours=1))
        sweep(world.cashier)
        cleaner(world).run()


def check(world: World, others: list[Item]) -> None:
    found = books(world)
    found.check()
    check_ledger(found, world.provider, settled=False)
    assert traces(world) == []
    assert [item for item in world.items() if OTHER.id in repr(item)] == others
    mine = [each for each in found.bookings.values() if each.buyer_id != OTHER.id]
    assert all(each.buyer_id.startswith("erased_") for each in mine)
    assert len({each.buyer_id for each in mine}) == len(mine) == 6, "no two can be put together"
    for each in mine:
        events = found.events[each.id]
        assert events[-1]["type"] == "erased"
        actors = {event["actor"]["id"] for event in events if event["actor"]["role"] == "buyer"}
        assert actors == {each.buyer_id}, "one pseudonym a booking"


def of_the_other(world: World) -> list[Item]:
    return [item for item in world.items() if OTHER.id in repr(item)]


def test_a_person_is_taken_out_of_every_booking_and_the_books_stay_right() -> None:
    world = lived_in()
    others, before = of_the_other(world), books(world)
    assert len(traces(world)) > 12
    leave(world)

    settle(world)

    check(world, others)
    after = books(world)
    for each in before.bookings.values():
        now = after.bookings[each.id]
        assert (now.captured, now.returned, now.interval, now.celebrity_id) == (
            *(each.captured, each.returned, each.interval, each.celebrity_id),
        )


def test_open_bookings_are_withdrawn_at_once() -> None:
    world = lived_in()
    leave(world)

    cleaner(world).run()

    states = [each.state for each in books(world).bookings.values() if each.buyer_id != OTHER.id]
    assert sorted(states) == sorted(
        [State.COMPLETED, State.CANCELLED, *[State.WITHDRAWN] * 2, *[State.EXPIRED] * 2]
    )


def test_the_job_stays_until_no_request_can_be_under_way_and_then_nothing_tells_the_pseudonyms() -> None:
    world = lived_in()
    job = leave(world)
    cleaner(world).run()
    late = world.book(SLOT + 60 * DAY, offering=3)  # the last request of a session that ended meanwhile

    world.clock.advance(QUIET - timedelta(seconds=1))
    cleaner(world).run()
    assert cleaner(world).jobs.get(LEAVER.id)
    world.clock.advance(timedelta(seconds=1))
    settle(world)

    assert cleaner(world).jobs.get(LEAVER.id) is None
    assert books(world).bookings[late.id].state is State.WITHDRAWN
    assert traces(world) == []
    assert not [item for item in world.items() if job.salt.get_secret_value() in repr(item)]


def test_an_engagement_that_was_confirmed_after_all_is_kept_until_it_is_over() -> None:
    world = World(MemoryDynamoDB(), clock=Clock(NOW), provider=PaperProvider())
    booking = world.confirmed()
    leave(world)

    cleaner(world).run()
    assert world.store.get(booking.id).buyer_id == LEAVER.id
    world.clock.advance(SLOT + DAY - NOW)
    cleaner(world).run()

    assert world.store.get(booking.id).buyer_id.startswith("erased_")
    settle(world)
    assert cleaner(world).jobs.get(LEAVER.id) is None


def test_an_agent_is_taken_out_too_and_declines_what_is_open() -> None:
    world = lived_in()
    leave(world, AGENT_ID)

    settle(world)

    found = books(world)
    found.check()
    kept = [item for item in world.items() if not item["pk"].startswith("IDEMPOTENCY#")]
    assert not [item for item in kept if AGENT_ID in repr(item)]
    assert not [each for each in found.bookings.values() if each.state in (State.REQUESTED, State.OFFERED)]
    assert [item for item in kept if SECRET in repr(item)], "the buyer's words are the buyer's"


def test_one_job_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived_in()
    leave(world, OTHER.id)
    leave(world)
    clean = Cleaner.clean

    def failing(self: Cleaner, user_id: str) -> bool:
        if user_id == OTHER.id:
            raise RuntimeError
        return clean(self, user_id)

    monkeypatch.setattr(Cleaner, "clean", failing)
    cleaner(world).run()

    assert len(traces(world)) <= 4  # the job, and what waits for a payment that may still arrive


def _cut_short(world: World, point: FaultPoint) -> None:
    doomed = world.over(dynamodb=Faulty(world.dynamodb, point, TABLE_CALLS))
    try:
        cleaner(doomed).clean(LEAVER.id)
    except (Crash, Refusal):
        assert point.reached


@pytest.mark.parametrize("fault", [Crash, lost_answer], ids=["crash", "lost answer"])
def test_whatever_is_cut_short_is_finished_by_the_next_look(fault: Callable[[], Any]) -> None:
    for at in range(0, _MOST_STEPS, 2):
        done = bool(at % 4)
        world, point = lived_in(), FaultPoint(at, done, fault)
        others = of_the_other(world)
        leave(world)

        _cut_short(world, point)
        settle(world)

        check(world, others)
        if not point.reached:
            assert at > 30
            return
    pytest.fail("it does not end")


def test_two_workers_at_once_come_to_the_same() -> None:
    world = lived_in()
    others = of_the_other(world)
    leave(world)

    class Doubled:
        """Lets another worker do the whole job before the first transaction of this one."""

        first = True

        def __getattr__(self, name: str) -> Any:
            return getattr(world.dynamodb, name)

        def transact_write_items(self, **request: Any) -> Any:
            if self.first:
                self.first = False
                cleaner(world).run()
            return world.dynamodb.transact_write_items(**request)

    cleaner(world.over(dynamodb=Doubled())).run()
    settle(world)

    check(world, others)


def test_nobody_outside_sees_more_of_an_erased_booking_and_its_other_side_sees_what_is_left() -> None:
    world = lived_in()
    leave(world)
    settle(world)
    booking_id = next(each.id for each in books(world).bookings.values() if each.state is State.COMPLETED)
    path = "/v1/bookings/{booking_id}"

    def seen(who: Actor) -> int:
        return world.call("GET", path, by=who, booking_id=booking_id).status

    assert [seen(who) for who in (LEAVER, OTHER, AGENT)] == [404, 404, 200]
    pseudonym = world.store.get(booking_id).buyer_id
    assert seen(Actor(Role.BUYER, "usr_00000000000000000000000077")) == 404
    shown = world.call("GET", f"{path}/events", by=AGENT, booking_id=booking_id)
    assert {event["actor"]["id"] for event in shown.body["items"] if event["actor"]["role"] == "buyer"} == {
        pseudonym
    }
