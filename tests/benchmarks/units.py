"""Counts what the main journey asks of the tables: round trips, read units and write units by step.

``make units`` prints the table. The figures are those that the emulator reports for each call, indexes
included. Those of writes follow DynamoDB's rounding of sizes. A get or a query counts as one read unit, or
half of one, whatever its size: what reads more than 4 KB costs more than is told here.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.desk import BookingDesk, Wish
from greenroom.bookings.model import Booking, PaymentKind, Policy
from greenroom.bookings.shapes import booking_view
from greenroom.bookings.store import BookingStore
from greenroom.calendar.availability import days_to_read, free_slots
from greenroom.calendar.days import live_claims
from greenroom.calendar.zones import find_zone
from greenroom.catalog.model import Celebrity, Mode
from greenroom.catalog.search import Filters, Sort
from greenroom.catalog.store import CatalogStore
from greenroom.messaging.marks import Marks
from greenroom.payments.cashier import Cashier
from greenroom.payments.provider import ProviderEvent
from greenroom.storage import days
from greenroom.storage.clients import client
from greenroom.storage.idempotency import Idempotency
from greenroom.storage.tables import Tables
from greenroom.telemetry import logs
from local import demo
from local.emulator import Emulator
from local.environment import apply, function_settings
from local.resources import make_resources
from tests.benchmarks.meter import Meter
from tests.support.emulator import EXECUTABLE
from tests.support.paper_provider import PaperProvider


@dataclass(frozen=True, slots=True)
class Count:
    """What one step asked for."""

    trips: int
    read: float
    write: float


class Steps:
    """Counts what each step asks of the tables."""

    def __init__(self, meter: Meter) -> None:
        self.counts: dict[str, Count] = {}
        self._meter = meter

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside under ``name``."""
        self._meter.reset()
        yield
        self.counts[name] = Count(self._meter.calls, self._meter.read, self._meter.write)


def _keyed(name: str) -> Idempotency:
    now = int(datetime.now(UTC).timestamp())
    return Idempotency.of(
        principal_id="usr_1", route="POST /", header=name, body={}, now=now, keep_seconds=86400
    )


def _answer(booking: Booking, *_: Any) -> tuple[dict[str, str], bytes]:
    return {"ETag": "1"}, booking_view(booking, Role.BUYER).model_dump_json().encode()


def measure() -> dict[str, Count]:
    """Run the journey once on an emulator of its own and return the counts by step."""
    logs.add_sink(lambda _: None)
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(EXECUTABLE, Path(folder), persist=False)
        emulator.start()
        try:
            resources, _ = make_resources(emulator.url)
            apply(
                function_settings(
                    resources,
                    emulator_url=emulator.url,
                    base_url="http://127.0.0.1",
                    provider_url="http://127.0.0.1",
                ),
                os.environ,
            )
            demo.seed(Path(folder) / "demo.json", "http://127.0.0.1", "")
            return _journey(resources.tables["catalog"], resources.tables["bookings"])
        finally:
            emulator.stop()


def _journey(catalog_table: str, bookings_table: str) -> dict[str, Count]:
    dynamodb: Any = client("dynamodb")
    steps, tables = Steps(Meter(dynamodb)), Tables(dynamodb)
    catalog = CatalogStore(tables, catalog_table)
    catalog.listing()  # a warm sandbox has it
    desk = BookingDesk(
        store=BookingStore(tables, bookings_table),
        policy=Policy(),
        clock=lambda: datetime.now(UTC),
        catalog_table=catalog_table,
    )
    cashier = Cashier(desk, PaperProvider(), desk.clock)
    with steps.step("list celebrities (20)"):
        celebrities, _ = catalog.page(Filters(category="music"), Sort.NAME, after=None, limit=20)
        celebrity = celebrities[-1]
    offering = celebrity.offerings[0]
    with steps.step("availability (7 days)"):
        celebrity, schedule = catalog.open_celebrity(celebrity.id)
        zone, now = find_zone(celebrity.time_zone), datetime.now(UTC)
        first = (now + timedelta(days=14)).date()
        dates: dict[str, Any] = {
            "from_date": first,
            "to_date": first + timedelta(days=6),
            "query_zone": zone,
            "now": now,
        }
        wanted = days_to_read(offering.timing, **dates)
        read = days.read_range(tables, bookings_table, celebrity.id, wanted)
        slots = free_slots(schedule, zone, offering.timing, live_claims(read, now), **dates)
    wish = Wish(
        offering_id=offering.id,
        start=slots[0].isoformat(),
        time_zone=celebrity.time_zone,
        venue="Online",
        brief="For a birthday, please.",
    )
    with steps.step("book"):
        booking = desk.book(wish, "usr_1", _keyed("book"), _answer)
    with steps.step("start payment"):
        booking, payment = cashier.start(booking.id, PaymentKind.DEPOSIT, _keyed("pay"), _answer)
    captured = ProviderEvent(
        id="evt_1",
        type="captured",
        booking_id=booking.id,
        payment_id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
    )
    with steps.step("payment captured"):
        cashier.receive(captured)
    _negotiate(steps, desk, celebrity, slots)
    with steps.step("marks of three mails"):
        marks = Marks(tables, bookings_table, desk.clock)
        for version, channel in ((1, "mail:buyer"), (3, "mail:buyer"), (3, "mail:agent")):
            lease = marks.take(booking.id, version, channel)
            if lease is not None:
                marks.close(lease, "sent")
    return steps.counts


def _negotiate(steps: Steps, desk: BookingDesk, celebrity: Celebrity, slots: list[datetime]) -> None:
    """Ask for an engagement without a fixed price, be made an offer, answer it, and agree."""
    offering = next(each for each in celebrity.offerings if each.mode is Mode.REQUEST)
    agent, buyer = Actor(Role.AGENT, celebrity.agent_id), Actor(Role.BUYER, "usr_1")
    wish = Wish(
        offering_id=offering.id,
        start=(slots[0] + timedelta(days=7)).isoformat(),
        time_zone=celebrity.time_zone,
    )
    with steps.step("ask for an offer"):
        asked = desk.book(wish, buyer.id, _keyed("ask"), _answer)
    # Each lapses at another moment, as they do when people take their time; or an index would not be written.
    lapses = datetime.now(UTC) + timedelta(days=1)
    offer = actions.Offer(fee=1_000_000, deposit=0, currency=offering.currency, expires_at=lapses)
    with steps.step("offer"):
        offered = desk.step(asked, offer, agent)
    with steps.step("counter-offer"):
        answered = desk.step(
            offered, replace(offer, fee=900_000, expires_at=lapses + timedelta(days=1)), buyer
        )
    with steps.step("accept"):
        desk.step(answered, actions.Accept(2), agent)


if __name__ == "__main__":
    print(f"{'step':<24}{'round trips':>12}{'read units':>12}{'write units':>12}")
    for name, count in measure().items():
        print(f"{name:<24}{count.trips:>12}{count.read:>12.1f}{count.write:>12.1f}")
