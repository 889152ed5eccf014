"""Two callers of one booking, the faster between the slower one's read and write: the slower decides anew.

These are the steps that leave the calendar alone, so that only the booking's own version stands between.
"""

from collections.abc import Callable

import pytest

from greenroom.actors import PROVIDER
from greenroom.bookings import actions
from greenroom.bookings.model import State
from greenroom.bookings.refusals import IllegalTransition
from tests.service.bookings.truth import Books, books, check_ledger
from tests.service.bookings.world import AGENT, DAY, SLOT, World, buyer
from tests.support.faults import Overtaken

PROPOSAL = actions.ProposeReschedule(start=SLOT + DAY, time_zone="UTC")


def overtaken(world: World, rival: Callable[[], object]) -> World:
    return world.over(dynamodb=Overtaken(world.dynamodb, rival))


def _found(world: World) -> Books:
    found = books(world)
    found.check()
    check_ledger(found, world.provider)
    return found


def test_a_payment_is_not_begun_for_a_booking_that_is_withdrawn_meanwhile(memory: World) -> None:
    booking = memory.book()
    slow = overtaken(memory, lambda: memory.desk.apply(booking.id, actions.Withdraw(), buyer()))

    with pytest.raises(IllegalTransition):
        slow.pay(booking.id)

    found = _found(memory)
    assert (found.only.state, found.only.payments) == (State.WITHDRAWN, ())


def test_a_payment_begun_meanwhile_is_given_to_the_slower_caller_too(memory: World) -> None:
    booking = memory.book()
    slow = overtaken(memory, lambda: memory.pay(booking.id))

    _, payment = slow.pay(booking.id)

    assert [each.id for each in _found(memory).only.payments] == [payment.id]


def test_a_payment_that_is_taken_while_its_failure_is_told_stays_taken(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    failed, taken = memory.provider.decline(payment.id), memory.provider.pay(payment.id)
    slow = overtaken(memory, lambda: memory.cashier.receive(taken))

    slow.cashier.receive(failed)

    assert _found(memory).types(booking.id) == ["booked", "payment_started", "confirmed"]


def test_the_same_message_delivered_at_once_has_its_effect_once(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    memory.desk.apply(booking.id, actions.Withdraw(), buyer())
    event = memory.provider.pay(payment.id)
    slow = overtaken(memory, lambda: memory.cashier.receive(event))

    slow.cashier.receive(event)

    assert _found(memory).types(booking.id)[-2:] == ["payment_returned", "refunded"]
    assert len(memory.provider.refunds) == 1


def test_a_refund_settled_by_another_delivery_is_not_settled_again(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)
    memory.desk.apply(booking.id, actions.Withdraw(), buyer())
    event = memory.provider.pay(payment.id)
    memory.desk.apply(booking.id, actions.ReturnCapture(payment.id, "withdrawn"), PROVIDER)
    slow = overtaken(memory, lambda: memory.cashier.receive(event))

    slow.cashier.receive(event)

    assert _found(memory).types(booking.id)[-2:] == ["payment_returned", "refunded"]


def test_no_other_time_is_proposed_for_an_engagement_that_is_called_off_meanwhile(memory: World) -> None:
    booking = memory.confirmed()
    slow = overtaken(memory, lambda: memory.desk.apply(booking.id, actions.Cancel(), buyer()))

    with pytest.raises(IllegalTransition):
        slow.desk.apply(booking.id, PROPOSAL, AGENT)

    assert books(memory).only.state is State.CANCELLED


def test_of_two_sides_that_propose_at_once_the_slower_answers_the_faster(memory: World) -> None:
    booking = memory.confirmed()
    slow = overtaken(memory, lambda: memory.desk.apply(booking.id, PROPOSAL, AGENT))

    answered = slow.desk.apply(booking.id, PROPOSAL, buyer())

    assert answered.proposal
    assert answered.proposal.terms.version == 3, "it answers the other side's proposal"
    _found(memory)
