"""The health check of the catalogue's cache: that it keeps what it is given, and that it is not behind."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from greenroom.catalog.search import Listing
from greenroom.catalog.store import CatalogStore
from greenroom.storage import keys


class CacheFigures(Protocol):
    """What a process knows of its cache. Counts are its own since its start, not those of all processes."""

    @property
    def backend(self) -> str: ...
    @property
    def entries(self) -> int: ...
    @property
    def hits(self) -> int: ...
    @property
    def misses(self) -> int: ...
    @property
    def stored_version(self) -> int:
        """The listing's, in the table."""
        ...

    @property
    def cached_version(self) -> int | None:
        """The newest that the cache has given back."""
        ...


class CacheProbe(Protocol):
    """What a cache must offer to be checked."""

    def probe(self) -> None:
        """Put something and get it back, and compare versions; raise whatever it likes if either fails."""
        ...

    def figures(self) -> CacheFigures:
        """Return the figures, with at most one small read of the table."""
        ...


@dataclass(slots=True)
class CacheCheck:
    """The check; ``table_well`` tells whether the table that versions come from answers.

    A table that does not answer is not the cache's fault, and has a check of its own: then nothing is probed,
    and the figures are not known.
    """

    cache: CacheProbe
    table_well: Callable[[], bool]
    figures: CacheFigures | None = field(default=None, init=False)
    """Those of the last check."""

    def __call__(self) -> None:
        """Probe the cache and note its figures; raise what the probe raises."""
        self.figures = None
        if not self.table_well():
            return
        try:
            self.cache.probe()
        finally:
            with suppress(Exception):  # what the probe itself says counts
                self.figures = self.cache.figures()


class StaleListing(Exception):
    """The listing in the process is older than the stored one was before it was asked for."""


@dataclass(frozen=True, slots=True)
class ListingFigures:
    """The figures of a listing that is kept whole."""

    backend: str
    entries: int
    hits: int
    misses: int
    stored_version: int
    cached_version: int | None


@dataclass(slots=True)
class ListingProbe:
    """Probes the listing that a store keeps in this process, as a reader of the catalogue would."""

    store: CatalogStore
    _listing: Listing | None = field(default=None, init=False)
    _hits: int = field(default=0, init=False)
    _misses: int = field(default=0, init=False)

    def probe(self) -> None:
        """Read the listing, kept or anew; raise ``StaleListing`` when that is not the stored one."""
        stored = self._stored()
        before, self._listing = self._listing, self.store.listing()
        if before is self._listing:
            self._hits += 1
        else:
            self._misses += 1
        if self._listing.version < stored:
            raise StaleListing

    def figures(self) -> ListingFigures:
        """Return the figures, with one small read."""
        held = self._listing
        return ListingFigures(
            backend="memory",
            entries=int(held is not None),
            hits=self._hits,
            misses=self._misses,
            stored_version=self._stored(),
            cached_version=held.version if held else None,
        )

    def _stored(self) -> int:
        stored = self.store.tables.get(self.store.table, keys.LISTING_VERSION)
        return stored["version"] if stored else 0
