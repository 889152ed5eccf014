"""The cache of one process: least recently used first out, bounded by entries and by bytes."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from cachetools import TLRUCache

from .port import CacheUnavailable, Entry, Kind, Size

T = TypeVar("T")

# As JSON; the objects take about five times that. A function has 512 MB or more.
MOST_BYTES = 8 * 1024 * 1024
MOST_ENTRIES = 2000

_PROBES: Kind[str] = Kind(name="probe", to_plain=str, from_plain=str)


class _Held(NamedTuple):
    version: int
    value: Any
    weight: int
    seconds: float


class MemoryCache:
    """Keeps the newest version of each key, as the object it was given."""

    def __init__(
        self,
        *,
        most_entries: int = MOST_ENTRIES,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_entries = most_entries
        self._held: TLRUCache[tuple[str, str], _Held, float] = TLRUCache(
            most_bytes,
            ttu=lambda _place, held, now: now + held.seconds,
            timer=clock,
            getsizeof=lambda held: held.weight,
        )
        self._lock = Lock()

    def may_hold(self, kind: Kind[Any], key: str) -> bool:
        """Tell whether some version of ``key`` is held."""
        with self._lock:
            return (kind.name, key) in self._held

    def get(self, kind: Kind[T], wanted: Sequence[Entry]) -> dict[Entry, T]:
        """Return those of the values that are held."""
        found: dict[Entry, T] = {}
        with self._lock:
            for entry in wanted:
                held = self._held.get((kind.name, entry.key))
                if held is not None and held.version == entry.version:
                    found[entry] = held.value
        return found

    def put(self, kind: Kind[T], values: Mapping[Entry, T], seconds: int) -> None:
        """Keep values, unless a newer version is held or one is larger than all that may be held."""
        # Outside the lock: this is the only thing here that takes long.
        weighed = [(entry, value, _weight(kind.to_plain(value))) for entry, value in values.items()]
        with self._lock:
            for entry, value, weight in weighed:
                self._keep((kind.name, entry.key), _Held(entry.version, value, weight, seconds))

    def probe(self) -> None:
        """Put something and get it back."""
        entry = Entry("probe", 0)
        self.put(_PROBES, {entry: "probe"}, 1)
        if entry not in self.get(_PROBES, [entry]):
            raise CacheUnavailable("nothing can be held")

    def size(self) -> Size:
        """Return what is held."""
        with self._lock:
            return Size(backend="memory", entries=len(self._held), bytes=int(self._held.currsize))

    def _keep(self, place: tuple[str, str], new: _Held) -> None:
        held = self._held.get(place)
        if held is not None and held.version > new.version:
            return  # a slow reader brings the version that it found long ago
        self._held.pop(place, None)
        with suppress(ValueError):  # it is larger than all that may be held
            self._held[place] = new
        while len(self._held) > self._most_entries:
            self._held.popitem()


def _weight(plain: Any) -> int:
    return len(json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode())
