"""The load test's rush, small: many at once for the same few slots of one celebrity."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.load.asking import asked_by
from tests.load.calendars import bookings_of, known_buffers, overlapping
from tests.load.steps import Visitor, on_sale, rush
from tests.support.client import Client
from tests.support.system import RunningSystem

BUYERS, DEVICES, SLOTS = 7, 3, 6


def test_a_rush_sells_every_slot_once(system: RunningSystem) -> None:
    with Client(system) as client, ThreadPoolExecutor(BUYERS * DEVICES) as crowd:
        ask = asked_by(client.http)
        buyers = [Visitor(ask) for _ in range(BUYERS)]
        list(crowd.map(Visitor.sign_up, buyers))
        offering, wanted = on_sale(buyers[0], SLOTS)
        barrier = threading.Barrier(BUYERS * DEVICES)

        def buy(buyer: Visitor) -> dict[str, Any] | None:
            barrier.wait(30)
            return rush(buyer, offering, wanted)

        won = [booking for booking in crowd.map(buy, buyers * DEVICES) if booking is not None]

        assert len(wanted) == SLOTS
        assert sorted(booking["start"] for booking in won) == sorted(wanted)
        agents = [Visitor(ask, account=system.demo["accounts"][name]) for name in ("agent", "agent2")]
        for agent in agents:
            agent.log_in()
        held = [booking for agent in agents for booking in bookings_of(agent)]
        assert {booking["id"] for booking in won} <= {booking["id"] for booking in held}
        assert overlapping(held, known_buffers(agents[0])) == []
