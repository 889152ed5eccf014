"""Simulated time: processes that say for how long they wait, and a clock that jumps to whoever is next."""

import heapq
from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")

Waits = Generator[float, None, T]
"""A process: it yields the seconds that it waits, and returns what it found."""


class Clock:
    """Runs processes in the order of time, and of their start where that is the same."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds since the beginning."""
        self._next: list[tuple[float, int, Waits[Any]]] = []
        self._started = 0

    def start(self, process: Waits[Any], after: float = 0.0) -> None:
        """Let a process begin ``after`` so many seconds."""
        if after < 0:
            raise ValueError("nothing begins in the past")
        self._started += 1
        heapq.heappush(self._next, (self.now + after, self._started, process))

    def run(self) -> None:
        """Run until no process waits for anything."""
        while self._next:
            self.now, _, process = heapq.heappop(self._next)
            try:
                wait = next(process)
            except StopIteration:
                continue
            self.start(process, wait)
