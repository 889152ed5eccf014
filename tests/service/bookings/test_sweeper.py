"""The sweeper: what the clock has decided is written down, once, whoever else is at work."""

from typing import Any

import pytest

from functions.sweeper import main
from functions.sweeper.main import sweep
from greenroom.bookings import actions
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.model import State
from greenroom.storage.items import Item, encode_item
from greenroom.telemetry import logs
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import AGENT, DAY, HOLD, HOUR, MINUTE, SLOT, World, buyer
from tests.service.identity.racing import at_once
from tests.support.faults import TABLE_CALLS, FaultPoint, Faulty, Overtaken
from tests.support.memory_dynamodb import failure

TIMES = [SLOT + number * DAY for number in range(12)]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The lines logged meanwhile."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(logs, "_sinks", [found.append])
    return found


def test_exactly_what_is_due_expires_and_leaves_the_index(world: World) -> None:
    due = [world.book(start).id for start in TIMES[:8]]
    world.clock.advance(HOLD - MINUTE)
    waiting = [world.book(start).id for start in TIMES[8:]]
    assert sweep(world.cashier) == 0
    world.clock.advance(MINUTE)

    assert sweep(world.cashier) == len(due)

    found = books(world)
    found.check()
    assert {found.bookings[each].state for each in due} == {State.EXPIRED}
    assert found.due == set(waiting)
    assert list(world.store.due(world.clock())) == []
    assert sweep(world.cashier) == 0


def test_two_sweepers_at_once_expire_each_booking_once(world: World) -> None:
    ids = [world.book(start).id for start in TIMES[:10]]
    world.clock.advance(HOLD)

    counts = at_once(4, lambda: sweep(world.cashier))

    assert sum(count for count in counts if isinstance(count, int)) == len(ids)
    found = books(world)
    found.check()
    assert [found.types(each) for each in ids] == [["booked", "expired"]] * len(ids)
    assert found.due == set()


def test_after_an_outage_all_that_waited_is_caught_up_with(memory: World) -> None:
    held = memory.book(TIMES[0]).id
    requested = memory.book(TIMES[1], offering=3).id
    offered = memory.book(TIMES[2], offering=3).id
    memory.desk.apply(offered, actions.Offer(fee=100, deposit=10, currency="EUR"), AGENT)
    moving = memory.confirmed(TIMES[3]).id
    proposal = actions.ProposeReschedule(start=TIMES[4], time_zone="UTC")
    memory.desk.apply(moving, proposal, buyer())
    memory.clock.advance(20 * DAY)

    assert sweep(memory.cashier) == 4

    found = books(memory)
    found.check()
    assert found.due == set()
    assert {found.bookings[each].state for each in (held, requested, offered)} == {State.EXPIRED}
    assert (found.bookings[moving].state, found.types(moving)[-1]) == (State.CONFIRMED, "reschedule_lapsed")


def test_a_swept_slot_and_an_unswept_one_are_both_free_again(memory: World) -> None:
    memory.book(TIMES[0])
    memory.clock.advance(HOLD)
    assert memory.request(memory.wish(TIMES[0]), by=2).status == 201
    memory.clock.advance(HOLD)
    sweep(memory.cashier)

    assert memory.request(memory.wish(TIMES[0]), by=3).status == 201
    books(memory).check()


def test_a_booking_that_is_paid_between_the_index_and_the_write_stays(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    event = memory.provider.pay(payment.id)
    memory.clock.advance(HOLD)
    due = list(memory.store.due(memory.clock()))
    memory.cashier.receive(event)

    assert [memory.desk.expire(each) for each in due] == [False]

    found = books(memory)
    check_ledger(found, memory.provider)
    assert found.bookings[booking.id].state is State.CONFIRMED


def test_a_payment_that_overtakes_the_sweeper_wins(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    event = memory.provider.pay(payment.id)
    memory.clock.advance(HOLD)
    slow = memory.over(dynamodb=Overtaken(memory.dynamodb, lambda: memory.cashier.receive(event)))

    assert sweep(slow.cashier) == 0

    found = books(memory)
    found.check()
    assert found.types(booking.id) == ["booked", "payment_started", "confirmed"]


def test_a_payment_that_the_sweeper_overtakes_wins_all_the_same(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    event = memory.provider.pay(payment.id)
    memory.clock.advance(HOLD)
    slow = memory.over(dynamodb=Overtaken(memory.dynamodb, lambda: sweep(memory.cashier)))

    slow.cashier.receive(event)

    found = books(memory)
    found.check()
    # The sweeper asked the provider before it wrote anything down.
    assert found.types(booking.id) == ["booked", "payment_started", "confirmed"]


def test_a_provider_that_does_not_answer_costs_a_run_two_calls_and_no_expiry(memory: World) -> None:
    """Each such call takes up to its whole time limit, and a run has less than a minute for all."""
    for start in TIMES:
        memory.pay(memory.book(start).id)
    memory.clock.advance(HOLD)
    memory.provider.down = True

    assert sweep(memory.cashier) == len(TIMES)

    assert memory.provider.asked_in_vain == 2
    memory.provider.down = False
    sweep(memory.cashier)
    assert len(memory.provider.voided) == len(TIMES)
    assert books(memory).due == set()


def test_what_fails_each_minute_is_not_always_first(memory: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [memory.book(start).id for start in TIMES]
    memory.clock.advance(HOLD)
    looked_at: list[str] = []

    def look(_: BookingDesk, booking_id: str) -> bool:
        looked_at.append(booking_id)
        return False

    monkeypatch.setattr(BookingDesk, "expire", look)

    for _ in range(4):
        sweep(memory.cashier)

    orders = [tuple(looked_at[at : at + len(ids)]) for at in range(0, len(looked_at), len(ids))]
    assert all(sorted(order) == sorted(ids) for order in orders)
    assert len(set(orders)) > 1


def _spoil(world: World, booking_id: str, **changes: Any) -> None:
    (item,) = [item for item in world.items() if item["pk"].endswith(booking_id) and item["sk"] == "BOOKING"]
    spoilt: Item = {**item, **changes}
    world.dynamodb.put_item(TableName=world.bookings_table, Item=encode_item(spoilt))


@pytest.mark.parametrize("spoilt", [{"state": "nonsense"}, {"time_zone": 5, "payments": None}])
def test_a_booking_that_cannot_be_expired_does_not_stop_the_rest(
    memory: World, lines: list[dict[str, Any]], spoilt: dict[str, Any]
) -> None:
    ids = [memory.book(start).id for start in TIMES]
    _spoil(memory, ids[3], **spoilt)
    memory.clock.advance(HOLD)

    assert sweep(memory.cashier) == len(ids) - 1

    faults = [line for line in lines if line.get("category") == "error"]
    assert [line["booking_id"] for line in faults] == [ids[3]]


def test_a_table_that_fails_in_between_puts_off_one_booking_to_the_next_sweep(memory: World) -> None:
    ids = [memory.book(start).id for start in TIMES[:4]]
    memory.clock.advance(HOLD)
    point = FaultPoint(6, done=False, fault=_unavailable)
    failing = memory.over(dynamodb=Faulty(memory.dynamodb, point, TABLE_CALLS - {"query"}))

    assert sweep(failing.cashier) == len(ids) - 1
    assert sweep(memory.cashier) == 1

    books(memory).check()


def _unavailable() -> Exception:
    return failure("InternalServerError", "GetItem")


def test_the_schedule_is_answered_with_how_many_expired(
    memory: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.book()
    memory.clock.advance(HOUR)
    monkeypatch.setattr(main, "_cashier", lambda: memory.cashier)

    assert main.serve({"look_only": True}, None) == {"due": 1}
    assert main.serve({}, None) == {"expired": 1, "erased": 0}
    assert main.serve({"look_only": True}, None) == {"due": 0}
    assert main.serve({}, None) == {"expired": 0, "erased": 0}
