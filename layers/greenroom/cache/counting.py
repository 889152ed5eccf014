"""What became of each question to a cache, counted for the process and told to whoever measures."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

from .port import Cache, Entry, Kind, OnOperation, Outcome, Size

T = TypeVar("T")


def _tell_nobody(_namespace: str, _outcome: Outcome, _milliseconds: float) -> None:
    """Measure nothing."""


@dataclass(slots=True)
class Counters:
    """The counts of this process since its start."""

    on_operation: OnOperation = _tell_nobody
    hits: int = 0
    misses: int = 0
    errors: int = 0
    _lock: Lock = field(default_factory=Lock)

    def record(self, namespace: str, outcome: Outcome, milliseconds: float) -> None:
        """Count one outcome, and tell it on."""
        with self._lock:
            match outcome:
                case "hit":
                    self.hits += 1
                case "miss":
                    self.misses += 1
                case "error":
                    self.errors += 1
        self.on_operation(namespace, outcome, milliseconds)

    @property
    def ratio(self) -> float | None:
        """The share of hits in all questions, None before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


@dataclass(frozen=True, slots=True)
class CountedCache:
    """A cache, and the counts of what it was asked."""

    cache: Cache
    counters: Counters = field(default_factory=Counters)

    def may_hold(self, kind: Kind[Any], key: str) -> bool:
        """Tell whether some version might be had. If not, that is a miss: nobody will ask any further."""
        if self.cache.may_hold(kind, key):
            return True
        self.counters.record(kind.name, "miss", 0.0)
        return False

    def get(self, kind: Kind[T], wanted: Sequence[Entry]) -> dict[Entry, T]:
        """Return those of the values that are held."""
        started = time.perf_counter()
        found = self.cache.get(kind, wanted)
        outcome: Outcome = "hit" if len(found) == len(wanted) else "miss"
        self.counters.record(kind.name, outcome, (time.perf_counter() - started) * 1000)
        return found

    def put(self, kind: Kind[T], values: Mapping[Entry, T], seconds: int) -> None:
        """Keep values."""
        self.cache.put(kind, values, seconds)

    def holds(self, kind: Kind[Any], entry: Entry) -> bool:
        """Tell whether a value can be had, without counting the question."""
        return entry in self.cache.get(kind, [entry])

    def probe(self) -> None:
        """Probe the cache."""
        self.cache.probe()

    def size(self) -> Size:
        """Return what is held."""
        return self.cache.size()
