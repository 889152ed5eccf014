"""The cache of one process: least recently used first out, bounded by entries and by bytes."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from .port import CacheUnavailable, Entry, Kind, Size

T = TypeVar("T")

# As JSON; the objects take about five times that. A function has 512 MB or more.
MOST_BYTES = 8 * 1024 * 1024
MOST_ENTRIES = 2000

_PROBES: Kind[str] = Kind(name="probe", to_plain=str, from_plain=str)


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    value: Any
    weight: int
    ends: float


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
        self._most_bytes = most_bytes
        self._clock = clock
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def may_hold(self, kind: Kind[Any], key: str) -> bool:
        """Tell whether some version of ``key`` is held."""
        with self._lock:
            return self._live((kind.name, key)) is not None

    def get(self, kind: Kind[T], wanted: Sequence[Entry]) -> dict[Entry, T]:
        """Return those of the values that are held."""
        found: dict[Entry, T] = {}
        with self._lock:
            for entry in wanted:
                place = (kind.name, entry.key)
                held = self._live(place)
                if held is not None and held.version == entry.version:
                    self._held.move_to_end(place)
                    found[entry] = held.value
        return found

    def put(self, kind: Kind[T], values: Mapping[Entry, T], seconds: int) -> None:
        """Keep values, unless a newer version is held or one is larger than all that may be held."""
        # Outside the lock: this is the only thing here that takes long.
        weighed = [(entry, value, _weight(kind.to_plain(value))) for entry, value in values.items()]
        with self._lock:
            ends = self._clock() + seconds
            for entry, value, weight in weighed:
                self._keep((kind.name, entry.key), _Held(entry.version, value, weight, ends))

    def probe(self) -> None:
        """Put something and get it back."""
        entry = Entry("probe", 0)
        self.put(_PROBES, {entry: "probe"}, 1)
        if entry not in self.get(_PROBES, [entry]):
            raise CacheUnavailable("nothing can be held")

    def size(self) -> Size:
        """Return what is held."""
        with self._lock:
            return Size(backend="memory", entries=len(self._held), bytes=self._bytes)

    def _live(self, place: tuple[str, str]) -> _Held | None:
        held = self._held.get(place)
        if held is not None and held.ends <= self._clock():
            self._drop(place)
            return None
        return held

    def _keep(self, place: tuple[str, str], new: _Held) -> None:
        held = self._live(place)
        if held is not None:
            # A reader who was slow brings what he found long ago.
            if held.version > new.version:
                return
            self._drop(place)
        if new.weight > self._most_bytes:
            return
        self._held[place] = new
        self._bytes += new.weight
        while len(self._held) > self._most_entries or self._bytes > self._most_bytes:
            self._drop(next(iter(self._held)))

    def _drop(self, place: tuple[str, str]) -> None:
        self._bytes -= self._held.pop(place).weight


def _weight(plain: Any) -> int:
    return len(json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode())
