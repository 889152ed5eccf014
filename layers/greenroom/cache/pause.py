"""A pause after a failure: nobody asks a server that has just failed, and then one tries for all."""

import time
from collections.abc import Callable
from threading import Lock

SECONDS = 5.0


class Pause:
    """Who may ask, and who not. One process waits for a dead server at most once in ``seconds``."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: float | None = None
        self._failures = 0
        self._lock = Lock()

    @property
    def resting(self) -> bool:
        """Whether it would be too early to ask now."""
        with self._lock:
            return self._until is not None and self._clock() < self._until

    def admit(self) -> int | None:
        """Return a ticket for one call, or None: do not ask. Whoever asks first after a pause asks alone."""
        with self._lock:
            if self._until is not None:
                now = self._clock()
                if now < self._until:
                    return None
                self._until = now + self._seconds
            return self._failures

    def answered(self, ticket: int) -> None:
        """End the pause, unless something has failed since that call was admitted."""
        with self._lock:
            if ticket == self._failures:
                self._until = None

    def failed(self) -> None:
        """Begin a pause."""
        with self._lock:
            self._failures += 1
            self._until = self._clock() + self._seconds
