"""Time that an ended engagement lets go is free for the next one who asks."""

import pytest

from greenroom.actors import Actor
from greenroom.bookings.model import State
from greenroom.calendar.refusals import SlotTaken
from tests.service.bookings.world import AGENT, SLOT, World, buyer


@pytest.mark.parametrize("by", [buyer(), AGENT], ids=["buyer", "agent"])
def test_what_a_cancellation_lets_go_can_be_booked_at_once(memory: World, by: Actor) -> None:
    booking = memory.confirmed()
    with pytest.raises(SlotTaken):
        memory.book(SLOT, by=2)

    assert memory.act(booking, "cancel", by=by).status == 200

    assert memory.book(SLOT, by=2).state is State.AWAITING_PAYMENT
