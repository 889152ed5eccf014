"""Whether the catalogue's cache works, and what it does, for the health function."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from greenroom.cache.counting import CountedCache
from greenroom.cache.port import CacheUnavailable, Entry

from .kinds import LISTINGS, WHOLE
from .store import CatalogStore


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFigures:
    """What this process knows of its cache. Counts are its own since its start, not all processes'."""

    backend: str
    entries: int
    bytes: int
    """Of JSON, in this process."""
    hits: int
    misses: int
    errors: int
    ratio: float | None
    """Hits in all questions; None before the first."""
    stored_version: int
    """The listing's, in the table."""
    cached_version: int | None
    """The newest that this process has seen the cache give back."""


@dataclass(slots=True, kw_only=True)
class CatalogCacheHealth:
    """Probes the cache by its own round trip and by the listing, as a reader of the catalogue would."""

    store: CatalogStore
    cache: CountedCache
    stale_seconds: float
    """For how long the cache may be without the current listing."""
    clock: Callable[[], float] = time.monotonic
    _cached_version: int | None = field(default=None, init=False)
    _behind_since: float | None = field(default=None, init=False)

    def probe(self) -> None:
        """Raise ``CacheUnavailable`` when the cache fails, or has not taken up a change for too long."""
        self.cache.probe()
        if self._is_current(self.store.listing_version()):
            self._behind_since = None
            return
        now = self.clock()
        self._behind_since = now if self._behind_since is None else self._behind_since
        if now - self._behind_since > self.stale_seconds:
            raise CacheUnavailable("the listing in the cache is older than the stored one")

    def figures(self) -> CacheFigures:
        """Return the figures, with one small read of the table."""
        size, counters = self.cache.size(), self.cache.counters
        stored = self.store.listing_version()
        self._holds(stored)
        return CacheFigures(
            backend=size.backend,
            entries=size.entries,
            bytes=size.bytes,
            hits=counters.hits,
            misses=counters.misses,
            errors=counters.errors,
            ratio=counters.ratio,
            stored_version=stored,
            cached_version=self._cached_version,
        )

    def _is_current(self, stored: int) -> bool:
        if self._holds(stored):
            return True
        # Perhaps nobody has looked since the change. Whoever does puts the listing into the cache.
        self.store.listing()
        return self._holds(stored)

    def _holds(self, version: int) -> bool:
        held = self.cache.holds(LISTINGS, Entry(WHOLE, version))
        if held:
            self._cached_version = version
        return held
