"""Keeps a flood of the same thing from flooding whoever is told of it."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_MOST_KEYS = 500


@dataclass(slots=True)
class _Window:
    ends: float
    passed: int = 0
    dropped: int = 0


class RateGuard:
    """Lets ``most`` of a kind pass in ``seconds``, and tells with the next one how many it dropped."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[Hashable, _Window] = {}

    def admit(self, kind: Hashable) -> int | None:
        """Return how many of the kind were dropped since one passed; None when this is another to drop."""
        now = self._clock()
        with self._lock:
            window = self._windows.get(kind)
            if window is None or now >= window.ends:
                dropped = window.dropped if window else 0
                # The kind moves to the end, so that the first one is always the longest unseen.
                self._windows.pop(kind, None)
                if len(self._windows) >= _MOST_KEYS:
                    self._windows.pop(next(iter(self._windows)))
                self._windows[kind] = _Window(now + self._seconds, passed=1)
                return dropped
            if window.passed >= self._most:
                window.dropped += 1
                return None
            window.passed += 1
            return 0
