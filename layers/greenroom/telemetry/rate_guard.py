"""A limit for repeated reports of one kind."""

import threading
import time
from collections.abc import Callable, Hashable

from cachetools import LRUCache

MOST_KINDS = 500


class RateGuard:
    """Admits ``most`` of a kind in ``seconds`` and counts those that it drops."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock, self._lock = most, seconds, clock, threading.Lock()
        # Of each kind its end, the passed and the dropped; the kind that was not seen for longest goes first.
        self._windows: LRUCache[Hashable, tuple[float, int, int]] = LRUCache(MOST_KINDS)

    def admit(self, kind: Hashable) -> int | None:
        """Return how many of the kind were dropped since one passed; None to drop this one too."""
        now = self._clock()
        with self._lock:
            ends, passed, dropped = self._windows.pop(kind, (now, 0, 0))
            over, full = now >= ends, passed >= self._most
            window = (now + self._seconds, 1, 0) if over else (ends, passed + 1 - full, dropped + full)
            self._windows[kind] = window
        return dropped if over else None if full else 0
