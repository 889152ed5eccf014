"""The health of the catalogue's cache: a round trip, its version against the stored one, and figures."""

from dataclasses import replace
from typing import Any, cast

import pytest

from greenroom.cache.counting import CountedCache
from greenroom.cache.memory import MemoryCache
from greenroom.cache.port import CacheUnavailable
from greenroom.catalog.cache_health import CatalogCacheHealth
from greenroom.catalog.store import CatalogStore
from greenroom.storage.tables import Tables
from tests.support.celebrities import HOURS, ZOE
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.unit.cache.kinds import Clock


class Deaf(MemoryCache):
    """A cache that works, but has stopped taking anything of the catalogue."""

    deaf = False

    def put(self, kind: Any, values: Any, seconds: int) -> None:
        if not self.deaf or kind.name == "probe":
            super().put(kind, values, seconds)


class Scene:
    """A catalogue with one celebrity, its cache and the health of that."""

    def __init__(self) -> None:
        self.clock, self.inner = Clock(), Deaf()
        self.cache = CountedCache(self.inner)
        self.database = MemoryDynamoDB()
        self.store = CatalogStore(Tables(cast("Any", self.database)), "catalog", self.cache)
        self.store.add(ZOE, HOURS)
        self.health = CatalogCacheHealth(
            store=self.store, cache=self.cache, stale_seconds=60, clock=self.clock
        )

    def change(self) -> None:
        other = CatalogStore(self.store.tables, "catalog")
        other.change(ZOE.id, lambda zoe, hours: (replace(zoe, bio=zoe.bio + "!"), hours))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_change_that_nobody_has_asked_about_yet_is_no_fault(scene: Scene) -> None:
    scene.health.probe()
    scene.change()

    scene.clock.now += 3600
    scene.health.probe()

    figures = scene.health.figures()
    assert (figures.stored_version, figures.cached_version) == (2, 2)


def test_a_cache_that_takes_up_no_change_for_longer_than_allowed_is_stale(scene: Scene) -> None:
    scene.health.probe()
    scene.inner.deaf = True
    scene.change()

    scene.health.probe()
    scene.clock.now += 60
    scene.health.probe()
    scene.clock.now += 0.1
    with pytest.raises(CacheUnavailable, match="older than the stored one"):
        scene.health.probe()
    assert (scene.health.figures().stored_version, scene.health.figures().cached_version) == (2, 1)

    scene.inner.deaf = False
    scene.health.probe()
    scene.inner.deaf = True
    scene.change()
    scene.clock.now += 61
    scene.health.probe()


def test_a_cache_that_holds_nothing_fails_at_once(scene: Scene) -> None:
    cache = CountedCache(MemoryCache(most_entries=0))
    health = CatalogCacheHealth(store=scene.store, cache=cache, stale_seconds=60)

    with pytest.raises(CacheUnavailable):
        health.probe()


def test_the_figures_are_those_of_this_process(scene: Scene) -> None:
    assert scene.health.figures().ratio is None
    scene.store.celebrity(ZOE.id)
    for _ in range(3):
        scene.store.celebrity(ZOE.id)

    figures = scene.health.figures()

    assert (figures.hits, figures.misses, figures.errors, figures.ratio) == (3, 1, 0, 0.75)
    assert (figures.backend, figures.entries, figures.cached_version) == ("memory", 1, None)
    assert 500 < figures.bytes < 5000


def test_looking_at_it_counts_for_no_reader(scene: Scene) -> None:
    scene.health.probe()
    counted = scene.health.figures()

    scene.health.probe()

    assert scene.health.figures() == counted
