"""Denials that are known until they lapse, so that a flood costs neither writes nor log lines."""

from dataclasses import dataclass
from threading import Lock

from cachetools import FIFOCache


@dataclass(frozen=True, slots=True)
class Denial:
    """What is known of a name until a moment (milliseconds)."""

    until: int
    remaining: int = 0
    """What is left of its quota: more than nothing where a request only came too early."""


class Denials:
    """Names and their denials. Bounded: those remembered longest go first."""

    def __init__(self, most: int = 10_000) -> None:
        self._known: FIFOCache[str, Denial] = FIFOCache(most)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, name: str, denial: Denial) -> None:
        """Keep a denial."""
        with self._lock:
            self._known[name] = denial

    def current(self, name: str, now: int) -> Denial | None:
        """Return the denial that holds ``now``, None when there is none or it has lapsed."""
        with self._lock:
            denial = self._known.get(name)
            if denial is not None and denial.until <= now:
                del self._known[name]
                return None
            return denial

    def forget(self, name: str) -> None:
        """Drop a denial."""
        with self._lock:
            self._known.pop(name, None)
