"""Compares a page of the catalogue among 10,000 celebrities with the same page among 100.

``python -m tests.benchmarks.search`` prints medians of milliseconds by query, in memory and on the emulator,
with their ratio, which shall be 1.5 at most. Pages are as long as 100 celebrities fill them, so that both
sizes answer alike. ``new`` is a query whose filters nobody has used since the listing changed, so that their
masks are made; ``again`` is one that somebody has. Both sizes take turns. What a process does at its start
and after a change, to read the listing and put it in order, stands below and is no part of the ratio.
"""

import gc
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

from greenroom.catalog.search import Listing
from greenroom.catalog.store import CatalogStore
from greenroom.storage.items import encode_item
from greenroom.telemetry.logs import add_sink
from tests.benchmarks.catalogue import emulated, function, get, items, write
from tests.support.memory_dynamodb import MemoryDynamoDB

SIZES = (100, 10_000)
ROUNDS = 40
LIST = "/v1/celebrities"
QUERIES: dict[str, dict[str, str]] = {
    "all, by name": {},
    "newest": {"sort": "newest"},
    "category and country": {"category": "music", "country": "ES", "limit": "1"},
    "language": {"language": "fr", "limit": "10"},
    "name that many have": {"q": "a"},
    "name of nobody": {"q": "zz"},
    "price, in order": {
        "currency": "EUR",
        "min_price": "50000",
        "max_price": "900000",
        "sort": "price",
        "limit": "10",
    },
    "four filters": {"category": "music", "language": "en", "q": "a", "currency": "EUR", "limit": "1"},
    "free on a Monday": {"free_on": "2026-12-07"},
    "free, music": {"free_on": "2026-12-07", "category": "music"},
    "free on a closed day": {"free_on": "2026-12-08"},
}


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1e3


def _listing(asked: Any) -> Listing:
    found: Listing = asked.composition.app.store.listing()
    return found


def _changed(asked: Any) -> Any:
    """Let another process change somebody, and return the one that does not know yet."""
    store = asked.composition.app.store
    other = CatalogStore(store.tables, store.table)
    other.change(f"cel_{7:026d}", lambda celebrity, hours: (replace(celebrity, name="Aaron"), hours))
    return asked


def measure(functions: dict[int, Any]) -> dict[str, dict[tuple[int, str], float]]:
    """Return the medians of milliseconds by query, and by size and whether the query is new."""
    taken: dict[str, dict[tuple[int, str], list[float]]] = {
        name: {(size, state): [] for size in functions for state in ("new", "again")} for name in QUERIES
    }
    for _ in range(ROUNDS):
        for name in random.sample(list(QUERIES), len(QUERIES)):
            for size, asked in random.sample(list(functions.items()), len(functions)):
                listing = _listing(asked)
                # An order stays: it is made once after a change, whatever is asked.
                for order in listing._orders.values():
                    order._remembered.clear()
                ask = partial(get, asked, LIST, QUERIES[name])
                taken[name][size, "new"].append(_timed(ask))
                taken[name][size, "again"].append(_timed(ask))
    return {name: {key: median(times) for key, times in by.items()} for name, by in taken.items()}


def report(where: str, functions: dict[int, Any]) -> None:
    """Print the table of one kind of tables."""
    read = {size: _timed(partial(_listing, asked)) for size, asked in functions.items()}
    first = {size: _timed(partial(get, asked, LIST, {})) for size, asked in functions.items()}
    for asked in functions.values():
        for query in QUERIES.values():
            get(asked, LIST, query)
    for name, query in QUERIES.items():
        lengths = {len(json.loads(get(asked, LIST, query))["items"]) for asked in functions.values()}
        if len(lengths) > 1 and "free" not in name:
            print(f"{name}: pages of different lengths, {lengths}")
    gc.freeze()  # or the collector goes through all that is here, the tables in memory too, again and again
    few, many = SIZES
    print(f"{where:<24}{few:>10}{many:>10}{'again':>8}{'new':>8}")
    for name, by in measure(functions).items():
        again, new = (by[many, state] / by[few, state] for state in ("again", "new"))
        print(f"{name:<24}{by[few, 'again']:>10.2f}{by[many, 'again']:>10.2f}{again:>8.2f}{new:>8.2f}")
    after = {size: _timed(partial(get, _changed(asked), LIST, {})) for size, asked in functions.items()}
    for name, once in (
        ("(reading the listing)", read),
        ("(then, the first page)", first),
        ("(after a change)", after),
    ):
        print(f"{name:<24}{once[few]:>10.1f}{once[many]:>10.1f}")
    print()


def _in_memory(size: int) -> Any:
    database = MemoryDynamoDB()
    for item in items(size):
        database.put_item(TableName="catalog", Item=encode_item(item))
    return function(database, "catalog", "bookings")


if __name__ == "__main__":
    add_sink(lambda _: None)
    report("in memory", {size: _in_memory(size) for size in SIZES})
    with emulated(*(f"search-{size}-" for size in SIZES)) as (dynamodb, names):
        for size, made in zip(SIZES, names, strict=True):
            write(dynamodb, made["catalog"], items(size))
        report(
            "on the emulator",
            {
                size: function(dynamodb, made["catalog"], made["bookings"])
                for size, made in zip(SIZES, names, strict=True)
            },
        )
