"""Compares reads of the catalogue without a cache, with the process's own, and with the shared one alone.

``python -m tests.benchmarks.cache`` prints, by read and cache: calls of the tables, read units, and the
median of microseconds with its ratio to reading without a cache. Calls and units are counts and repeatable.
Times are those of an emulator and a server on one machine, so only their order means anything. ``shared`` is
a process that holds nothing itself, as each is at its start; later it is ``memory``.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from greenroom.aws.client import DYNAMODB
from greenroom.cache.counting import CountedCache, Counters
from greenroom.cache.layered import LayeredCache
from greenroom.cache.memory import MemoryCache
from greenroom.cache.port import Cache
from greenroom.cache.shared import SharedCache, connect
from greenroom.catalog.search import Filters, Sort
from greenroom.catalog.store import CatalogStore
from greenroom.storage.tables import Tables
from greenroom.telemetry.logs import add_sink
from local.emulator import Emulator
from local.resources import make_tables, own_client
from tests.benchmarks.meter import Meter
from tests.support.celebrities import HOURS, ZOE
from tests.support.emulator import EXECUTABLE
from tests.support.redis_server import running_server

CELEBRITIES = 100
ROUNDS = 60


@dataclass(slots=True)
class Cost:
    """What one read with one cache asked for."""

    calls: int = 0
    units: float = 0.0
    microseconds: list[float] = field(default_factory=list)


@contextmanager
def _stores() -> Iterator[tuple[Meter, dict[str, CatalogStore]]]:
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        emulator = Emulator(EXECUTABLE, Path(folder) / "emulator", persist=False)
        emulator.start()
        redis = connect(server.url)
        try:
            names, _ = make_tables(emulator.url, "bench-")
            dynamodb = own_client(DYNAMODB, emulator.url)
            tables = Tables(dynamodb)
            nothing = MemoryCache(most_entries=0)
            shared = SharedCache(redis, prefix="bench", on_operation=Counters().record)
            caches: dict[str, Cache] = {
                "none": nothing,
                "memory": MemoryCache(),
                "shared": LayeredCache(near=nothing, far=shared, near_seconds=60),
            }
            stores = {
                name: CatalogStore(tables, names["catalog"], CountedCache(cache))
                for name, cache in caches.items()
            }
            for number in range(CELEBRITIES):
                celebrity = replace(
                    ZOE,
                    id=f"cel_{number:026d}",
                    slug=f"slug-{number}",
                    name=f"Name {number}",
                    agent_id=f"usr_{number}",
                )
                stores["none"].add(celebrity, HOURS)
            yield Meter(dynamodb), stores
        finally:
            redis.close()
            emulator.stop()


def _reads(store: CatalogStore) -> dict[str, Callable[[], object]]:
    return {
        "profile by id": lambda: store.celebrity(f"cel_{7:026d}"),
        "profile by slug": lambda: store.celebrity("slug-7"),
        "profile and hours": lambda: store.open_celebrity(f"cel_{7:026d}"),
        "list, a page of 20": lambda: store.page(Filters(), Sort.NAME, after=None, limit=20),
    }


def measure() -> dict[str, dict[str, Cost]]:
    """Make each read often, hot, with the caches by turns, and return the costs by read and cache."""
    add_sink(lambda _: None)
    with _stores() as (meter, stores):
        costs: dict[str, dict[str, Cost]] = {name: {} for name in _reads(stores["none"])}
        for _ in range(ROUNDS):
            for name in random.sample(list(stores), len(stores)):
                for read, act in _reads(stores[name]).items():
                    if name not in costs[read]:
                        act()  # fill
                    meter.reset()
                    started = time.perf_counter()
                    act()
                    taken = (time.perf_counter() - started) * 1e6
                    known = costs[read].setdefault(name, Cost())
                    # A batch's units are one an item, as none here is larger than 4 KB.
                    known.calls, known.units = meter.calls, meter.read + meter.items
                    known.microseconds.append(taken)
    return costs


if __name__ == "__main__":
    print(f"{'read':<20}{'cache':<8}{'calls':>6}{'units':>8}{'µs':>8}{'ratio':>7}")
    for read, by_cache in measure().items():
        without = median(by_cache["none"].microseconds)
        for name in ("none", "memory", "shared"):
            cost = by_cache[name]
            typical = median(cost.microseconds)
            told = f"{cost.calls:>6}{cost.units:>8.1f}{typical:>8.0f}{typical / without:>7.2f}"
            print(f"{read:<20}{name:<8}{told}")
