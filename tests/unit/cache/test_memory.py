"""The process's own cache: bounded in every way, and never a value under another version."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from greenroom.cache.memory import MemoryCache
from greenroom.cache.port import CacheUnavailable, Entry
from tests.unit.cache.kinds import OTHERS, TEXTS, Clock


def held(cache: MemoryCache, *keys: str, version: int = 1) -> set[str]:
    return {entry.key for entry in cache.get(TEXTS, [Entry(key, version) for key in keys])}


def keep(cache: MemoryCache, *keys: str, version: int = 1, seconds: int = 60) -> None:
    for key in keys:
        cache.put(TEXTS, {Entry(key, version): f"{key} {version}"}, seconds)


def test_a_value_is_found_under_its_kind_key_and_version_alone() -> None:
    cache = MemoryCache()
    keep(cache, "a", version=2)

    assert cache.get(TEXTS, [Entry("a", 2)]) == {Entry("a", 2): "a 2"}
    assert cache.get(TEXTS, [Entry("a", 1), Entry("a", 3), Entry("b", 2)]) == {}
    assert cache.get(OTHERS, [Entry("a", 2)]) == {}


def test_what_is_found_is_the_very_object_that_was_kept() -> None:
    cache, value = MemoryCache(), "".join(["an ", "object"])

    cache.put(TEXTS, {Entry("a", 1): value}, 60)

    assert cache.get(TEXTS, [Entry("a", 1)])[Entry("a", 1)] is value


def test_a_newer_version_takes_the_place_of_an_older_and_not_the_other_way_round() -> None:
    cache = MemoryCache()
    keep(cache, "a", version=2)

    keep(cache, "a", version=1)
    assert held(cache, "a", version=2)
    assert cache.size().entries == 1

    keep(cache, "a", version=3)
    assert (held(cache, "a", version=2), held(cache, "a", version=3)) == (set(), {"a"})
    assert cache.size().entries == 1


def test_the_least_recently_used_goes_first() -> None:
    cache = MemoryCache(most_entries=3)
    keep(cache, "a", "b", "c")

    held(cache, "a")
    keep(cache, "d")

    assert held(cache, "a", "b", "c", "d") == {"a", "c", "d"}


def test_the_bytes_of_all_values_are_bounded() -> None:
    cache = MemoryCache(most_bytes=100)

    for number in range(50):
        cache.put(TEXTS, {Entry(f"key {number}", 1): "x" * 28}, 60)  # 30 bytes of JSON

    assert (cache.size().entries, cache.size().bytes) == (3, 90)
    assert held(cache, *(f"key {number}" for number in range(50))) == {"key 47", "key 48", "key 49"}


def test_a_value_larger_than_all_that_may_be_held_drives_nothing_out_but_its_older_version() -> None:
    cache = MemoryCache(most_bytes=100)
    keep(cache, "a", "b")

    cache.put(TEXTS, {Entry("b", 2): "ü" * 50}, 60)  # 102 bytes

    assert held(cache, "a", "b") == {"a"}
    assert not cache.may_hold(TEXTS, "b")


def test_a_value_ends_with_its_time_and_leaves_nothing_behind() -> None:
    clock = Clock()
    cache = MemoryCache(clock=clock)
    keep(cache, "a", seconds=10)

    clock.now += 9.9
    assert held(cache, "a")
    clock.now += 0.1
    assert not held(cache, "a")
    assert (cache.size().entries, cache.size().bytes) == (0, 0)


def test_an_older_version_may_follow_one_whose_time_has_ended() -> None:
    clock = Clock()
    cache = MemoryCache(clock=clock)
    keep(cache, "a", version=9, seconds=10)

    clock.now += 10
    keep(cache, "a", version=1)

    assert held(cache, "a", version=1)


def test_it_knows_whether_it_holds_any_version() -> None:
    cache = MemoryCache()
    keep(cache, "a", version=7)

    assert cache.may_hold(TEXTS, "a")
    assert not cache.may_hold(TEXTS, "b")
    assert not cache.may_hold(OTHERS, "a")


def test_a_cache_that_can_hold_nothing_says_so() -> None:
    MemoryCache().probe()
    with pytest.raises(CacheUnavailable):
        MemoryCache(most_entries=0).probe()


def test_fifty_threads_leave_the_counts_right() -> None:
    cache = MemoryCache(most_entries=20, most_bytes=500)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(thread: int) -> None:
        for step in range(100):
            key = f"key {(thread * step) % 40}"
            keep(cache, key, version=step)
            for entry, value in cache.get(TEXTS, [Entry(key, step)]).items():
                assert value == f"{entry.key} {entry.version}"

    try:
        with ThreadPoolExecutor(50) as threads:
            list(threads.map(work, range(50)))
    finally:
        sys.setswitchinterval(before)

    found = [cache.get(TEXTS, [Entry(f"key {key}", step)]) for key in range(40) for step in range(100)]
    values = [value for each in found for value in each.values()]
    assert cache.size().entries == len(values) <= 20
    assert cache.size().bytes == sum(len(value) + 2 for value in values) <= 500
