"""Callers whose clocks are up to two minutes wrong: a hold may end early or late, an engagement never."""

from datetime import timedelta

import pytest

from functions.sweeper.main import sweep
from greenroom.bookings.model import State
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import DAY, HOLD, MINUTE, SLOT, World

FAST, SLOW = timedelta(minutes=2), -timedelta(minutes=2)


def test_a_fast_clock_takes_a_hold_that_has_a_minute_left_and_whoever_pays_too_late_is_paid_back(
    memory: World,
) -> None:
    first, payment = memory.pay(memory.book().id)
    memory.clock.advance(HOLD - MINUTE)

    second = memory.skewed(FAST).book(by=2)
    memory.cashier.receive(memory.provider.pay(payment.id))

    found = books(memory)
    found.check(stealable_until=memory.clock() + FAST)
    check_ledger(found, memory.provider)
    assert found.types(first.id)[-2:] == ["payment_returned", "refunded"]
    assert found.bookings[second.id].state is State.AWAITING_PAYMENT


def test_who_has_lost_his_time_to_a_fast_clock_gets_it_back_if_it_is_free_when_he_pays(memory: World) -> None:
    first, payment = memory.pay(memory.book().id)
    memory.clock.advance(HOLD - MINUTE)
    memory.skewed(FAST).book(by=2)
    memory.clock.advance(HOLD + FAST)

    memory.cashier.receive(memory.provider.pay(payment.id))

    assert books(memory).bookings[first.id].state is State.CONFIRMED


def test_a_slow_clock_respects_a_hold_a_little_longer(memory: World) -> None:
    memory.book()
    memory.clock.advance(HOLD)

    assert memory.skewed(SLOW).request(memory.wish(), by=2).code == "slot_taken"
    assert memory.request(memory.wish(), by=3).status == 201


@pytest.mark.parametrize("skew", [FAST, SLOW, 40 * DAY])
def test_no_clock_takes_a_confirmed_engagement_s_time(memory: World, skew: timedelta) -> None:
    booking = memory.confirmed()
    wrong = memory.skewed(skew)

    answer = wrong.request(wrong.wish(SLOT + 2 * MINUTE * 15), by=2)
    sweep(wrong.cashier)

    assert answer.status in (409, 422)
    found = books(memory)
    found.check()
    assert found.bookings[booking.id].state is State.CONFIRMED


def test_a_sweeper_whose_clock_is_fast_writes_nothing_that_a_payment_cannot_undo(memory: World) -> None:
    _, payment = memory.pay(memory.book().id)
    memory.clock.advance(HOLD - MINUTE)
    memory.provider.down = True
    assert sweep(memory.skewed(FAST).cashier) == 1
    memory.provider.down = False

    memory.cashier.receive(memory.provider.pay(payment.id))

    found = books(memory)
    found.check()
    assert found.only.state is State.CONFIRMED


def test_a_sweeper_whose_clock_is_slow_leaves_what_has_just_expired_to_a_later_sweep(memory: World) -> None:
    memory.book()
    memory.clock.advance(HOLD)

    assert [sweep(memory.skewed(skew).cashier) for skew in (SLOW, FAST)] == [0, 1]
