"""The cache that the settings choose, its layers and its counts."""

import subprocess
import sys
from typing import Any, cast

import pytest

from greenroom.cache.choice import chosen_cache
from greenroom.cache.counting import CountedCache, Counters
from greenroom.cache.layered import LayeredCache
from greenroom.cache.memory import MemoryCache
from greenroom.cache.pause import Pause
from greenroom.cache.port import CacheUnavailable, Entry
from greenroom.cache.settings import CacheSettings
from greenroom.cache.shared import SharedCache
from tests.support.paper_redis import PaperRedis
from tests.unit.cache.kinds import TEXTS, Clock

A, B = Entry("a", 1), Entry("b", 1)
Told = list[tuple[str, str]]


def process(server: PaperRedis, told: Told) -> CountedCache:
    """Return the cache of a process of its own before a server."""
    counters = Counters(lambda namespace, outcome, _: told.append((namespace, outcome)))
    far = SharedCache(
        cast("Any", server), prefix="p", on_operation=counters.record, pause=Pause(5, server.clock)
    )
    return CountedCache(LayeredCache(near=MemoryCache(), far=far, near_seconds=60), counters)


def settings(**values: str) -> CacheSettings:
    return CacheSettings.read({"STAGE": "dev", **values})


def test_without_an_address_the_process_has_its_own_cache_and_the_driver_is_not_even_imported() -> None:
    code = (
        "import sys; from greenroom.cache.choice import chosen_cache; "
        "from greenroom.cache.settings import CacheSettings; "
        "cache = chosen_cache(CacheSettings.read({'STAGE': 'dev'}), scope='t'); cache.probe(); "
        "import functions.catalog.main; "
        "print(cache.size().backend, 'redis' in sys.modules)"
    )
    found = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout.split() == ["memory", "False"]


def test_with_one_it_has_the_shared_cache_behind_its_own_and_connects_to_nothing_yet() -> None:
    cache = chosen_cache(settings(CACHE_URL="redis://cache.invalid"), scope="t")

    assert cache.size().backend == "shared"
    assert cache.may_hold(TEXTS, "a")


def test_what_another_process_kept_is_fetched_once_and_then_held_near() -> None:
    server, told = PaperRedis(Clock()), Told()
    process(server, []).put(TEXTS, {A: "Zoë"}, 60)
    mine = process(server, told)
    calls = server.calls

    assert [mine.get(TEXTS, [A]) for _ in range(3)] == [{A: "Zoë"}] * 3

    assert server.calls == calls + 1
    assert (mine.size().entries, told) == (1, [("texts", "hit")] * 3)


def test_only_what_is_not_held_near_is_asked_of_the_server() -> None:
    server = PaperRedis(Clock())
    mine = process(server, [])
    mine.put(TEXTS, {A: "Zoë"}, 60)
    process(server, []).put(TEXTS, {B: "Bo"}, 60)

    assert mine.get(TEXTS, [A, B]) == {A: "Zoë", B: "Bo"}


def test_a_dead_server_takes_nothing_of_what_is_held_near() -> None:
    server, told = PaperRedis(Clock()), Told()
    mine = process(server, told)
    mine.put(TEXTS, {A: "Zoë"}, 60)
    server.down = True

    assert mine.get(TEXTS, [A, B]) == {A: "Zoë"}
    assert mine.get(TEXTS, [A]) == {A: "Zoë"}
    assert told == [("texts", "error"), ("texts", "miss"), ("texts", "hit")]
    with pytest.raises(CacheUnavailable):
        mine.probe()


def test_each_question_counts_once_and_is_told_with_its_time() -> None:
    told: list[tuple[str, str, float]] = []
    cache = CountedCache(MemoryCache(), Counters(lambda *operation: told.append(operation)))
    assert cache.counters.ratio is None

    assert not cache.may_hold(TEXTS, "a")
    cache.get(TEXTS, [A])
    cache.put(TEXTS, {A: "Zoë"}, 60)
    cache.get(TEXTS, [A])
    cache.get(TEXTS, [A, B])
    assert cache.holds(TEXTS, A)

    assert [(namespace, outcome) for namespace, outcome, _ in told] == [
        ("texts", "miss"),
        ("texts", "miss"),
        ("texts", "hit"),
        ("texts", "miss"),
    ]
    assert all(0 <= milliseconds < 1000 for *_, milliseconds in told)
    counters = cache.counters
    assert (counters.hits, counters.misses, counters.errors, counters.ratio) == (1, 3, 0, 0.25)
