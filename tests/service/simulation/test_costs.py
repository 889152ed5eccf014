"""What the simulation takes a booking to cost in each index is what the emulator counts there."""

from typing import Any

import boto3.session
import pytest

from local.emulator import REGION
from tests.service.bookings.world import World
from tests.simulation.settings import BOOK, CAPTURE, PAY
from tests.support.emulator import RunningEmulator


class Counting:
    """A client that asks each transaction for its units, by index."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.counted: list[dict[str, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        answer = self._client.transact_write_items(**request, ReturnConsumedCapacity="INDEXES")
        (consumed,) = answer["ConsumedCapacity"]
        indexes = consumed.get("GlobalSecondaryIndexes", {}).items()
        self.counted.append({name: units["CapacityUnits"] for name, units in indexes})
        return answer


@pytest.fixture
def counting(emulator: RunningEmulator) -> Counting:
    session = boto3.session.Session("test", "test", region_name=REGION)
    return Counting(session.client("dynamodb", endpoint_url=emulator.url))


def test_a_booking_costs_each_index_what_is_assumed(emulator: RunningEmulator, counting: Counting) -> None:
    names = emulator.fresh_tables().names
    world = World(counting, names["catalog"], names["bookings"])
    counting.counted.clear()

    _, payment = world.pay(world.book().id)
    world.cashier.receive(world.provider.pay(payment.id))
    booked, started, captured = counting.counted

    assert booked == {"by_buyer": BOOK.by_buyer, "by_agent": BOOK.by_agent, "by_due": BOOK.by_due}
    # To begin a payment moves no deadline, to capture it ends one.
    assert started == {"by_buyer": PAY.by_buyer, "by_agent": PAY.by_agent}
    assert captured == {"by_buyer": CAPTURE.by_buyer, "by_agent": CAPTURE.by_agent, "by_due": CAPTURE.by_due}
