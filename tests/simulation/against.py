"""``python -m tests.simulation.against``: hold the simulation against the real desk over the emulator.

Buyers in threads try for the same few slots of one day, in order. What the calls took there is what the
simulation is told; how many of them there were is what it must find by itself. The emulator takes one
transaction after the other. ``conflicting`` refuses one that meets another, as DynamoDB does.
"""

import argparse
import math
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.client import DYNAMODB
from greenroom.calendar.refusals import SlotTaken
from greenroom.storage.contention import RETRY_AFTER, CalendarBusy
from greenroom.telemetry import logs
from local.emulator import Emulator
from local.resources import make_tables, own_client
from tests.service.bookings.world import HOUR, MINUTE, SLOT, World
from tests.simulation.limits import Tally
from tests.simulation.on_sale import RACES
from tests.simulation.sale import Sale, Scenario
from tests.simulation.settings import Assumed, Deployed
from tests.support.emulator import EXECUTABLE
from tests.support.memory_dynamodb import failure

_FIRST = SLOT.replace(hour=0, minute=30)
_APART = 3 * HOUR  # two hours, and half an hour on either side
MOST_SLOTS = timedelta(days=1) // _APART
COUNTED = ("sold", "taken", RACES, "read", "transaction", "outdated", "conflict", "commit")


@dataclass(slots=True)
class Counting:
    """A client of DynamoDB that counts and times what the desk asks."""

    client: Any
    conflicting: bool
    happened: Tally = field(default_factory=Tally)
    reads: list[float] = field(default_factory=list)
    decisions: list[float] = field(default_factory=list)
    transactions: list[float] = field(default_factory=list)
    _under_way: threading.Lock = field(default_factory=threading.Lock)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _read_at: threading.local = field(default_factory=threading.local)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def batch_get_item(self, **request: Any) -> Any:
        began = time.perf_counter()
        answer = self.client.batch_get_item(**request)
        self._read_at.value = time.perf_counter()
        self.reads.append(self._read_at.value - began)
        self._count("read")
        return answer

    def transact_write_items(self, **request: Any) -> Any:
        began = time.perf_counter()
        self.decisions.append(began - self._read_at.value)
        self._count("transaction")
        free = self._under_way.acquire(blocking=not self.conflicting)
        try:
            if not free:
                reasons = [{"Code": "TransactionConflict"} for _ in request["TransactItems"]]
                raise failure("TransactionCanceledException", "Write", CancellationReasons=reasons)
            began = time.perf_counter()
            answer = self.client.transact_write_items(**request)
        except ClientError as error:
            self._count(
                "conflict" if "Conflict" in str(error.response["CancellationReasons"]) else "outdated"
            )
            raise
        finally:
            if free:
                self.transactions.append(time.perf_counter() - began)
                self._under_way.release()
        self._count("commit")
        return answer

    def _count(self, what: str) -> None:
        with self._counting:
            self.happened[what] += 1

    def assumed(self) -> Assumed:
        """Return what the calls took, as the simulation takes it."""
        logarithms = [math.log(each) for each in self.reads]
        return Assumed(
            read=statistics.median(self.reads),
            transaction=statistics.median(self.transactions),
            spread=statistics.pstdev(logarithms),
            booking_work=0,
            deciding=statistics.median(self.decisions),
            update=0,
            patience=100,
            serialised=not self.conflicting,
        )


def rush(client: Counting, buyers: int, slots: int, **tables: str) -> Tally:
    """Let buyers at the real desk try each slot in order; return how often what happened."""
    world = World(client, **tables)
    starts = [_FIRST + number * _APART for number in range(slots)]
    # The house has been furnished by other calls, which do not count.
    client.happened.clear()
    barrier = threading.Barrier(buyers)

    def buy(number: int) -> Tally:
        found: Tally = Tally()
        barrier.wait(30)
        for start in starts:
            while (what := _try(world, start, number)) == RACES:
                found[RACES] += 1
                time.sleep(RETRY_AFTER + random.uniform(0, 1))  # noqa: S311 - jitter, not a secret
            found[what] += 1
            if what == "sold":
                break
        return found

    with ThreadPoolExecutor(buyers) as crowd:
        for found in crowd.map(buy, range(1, buyers + 1)):
            client.happened.update(found)
    return client.happened


def _try(world: World, start: Any, number: int) -> str:
    try:
        world.book(start, by=number)
    except SlotTaken:
        return "taken"
    except CalendarBusy:
        return RACES
    return "sold"


def simulated(assumed: Assumed, buyers: int, slots: int, seed: int) -> Tally:
    """Return what the simulation finds for the same rush: nothing before the desk, and nobody pays."""
    many = buyers * 1000
    sale = Sale(
        Scenario(
            name="the same",
            buyers=buyers,
            slots=slots,
            minutes=_APART // MINUTE,
            seconds=0.001,
            in_order=True,
            pay=False,
            deployed=Deployed(
                requests=many, burst=many, bookings=buyers, catalog=1, outbox=1, warm=buyers, flood=many
            ),
            assumed=assumed,
        ),
        seed,
    ).run()
    answers = sale.service.answers
    taken = Tally(sold=len(sale.sold), taken=answers[SlotTaken.code])
    return taken + Tally({RACES: answers[RACES]}) + sale.tables.happened


@contextmanager
def _emulator() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(EXECUTABLE, Path(folder), persist=False)
        emulator.start()
        try:
            yield emulator.url, own_client(DYNAMODB, emulator.url)
        finally:
            emulator.stop()


def _mean(tallies: Sequence[Tally], what: str) -> str:
    counts = [tally[what] for tally in tallies]
    return f"{statistics.mean(counts):.1f} ({min(counts)} to {max(counts)})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both, side by side."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.against", description=__doc__)
    parser.add_argument("--buyers", type=int, default=40)
    parser.add_argument("--slots", type=int, default=MOST_SLOTS)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(arguments)
    logs.add_sink(lambda _: None)
    with _emulator() as (url, dynamodb):
        for conflicting in (False, True):
            real, made = [], []
            for number in range(asked.rounds):
                names, _ = make_tables(url, f"{conflicting}-{number}-")
                client = Counting(dynamodb, conflicting)
                tables = {"catalog_table": names["catalog"], "bookings_table": names["bookings"]}
                real.append(rush(client, asked.buyers, asked.slots, **tables))
                assumed = client.assumed()
                made += [simulated(assumed, asked.buyers, asked.slots, seed) for seed in range(4)]
            print(f"\n{'conflicting' if conflicting else 'one after the other'}; last: {assumed}")
            print("| | desk and emulator | simulation |\n| --- | --- | --- |")
            for what in COUNTED:
                print(f"| {what} | {_mean(real, what)} | {_mean(made, what)} |")


if __name__ == "__main__":
    main()
