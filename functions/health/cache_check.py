"""The health check of the catalogue's cache: that it keeps what it is given, and that it is not behind."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol


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

    probe: Callable[[], CacheProbe]
    """Makes what probes the cache, or gives it again; asked for at the first check."""
    table_well: Callable[[], bool]
    figures: CacheFigures | None = field(default=None, init=False)
    """Those of the last check."""

    def __call__(self) -> None:
        """Probe the cache and note its figures; raise what the probe raises."""
        self.figures = None
        if not self.table_well():
            return
        try:
            self.probe().probe()
        finally:
            with suppress(Exception):  # what the probe itself says counts
                self.figures = self.probe().figures()
