"""What a sandbox takes of its memory setting: processor time while it worked, and memory.

Looked at once in half a minute, not at each request: the figures say the same, and the lines stay short.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

EVERY_SECONDS = 30
STARTED = time.time()
"""When this process began, in wall-clock seconds: near enough, as this is imported with the handler."""

_WHOLE_CPU_MB = 1769
"""The memory setting at which Lambda allots one processor."""


@cache
def memory_setting() -> int:
    """Return the function's memory setting in megabytes; on one machine, a processor's worth."""
    return int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", _WHOLE_CPU_MB))


def most_memory() -> float:
    """Return the most memory this process ever held, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024**2 if sys.platform == "darwin" else most / 1024


def memory_share() -> float:
    """Return the most memory this process ever held, as a percentage of the memory setting."""
    return 100 * most_memory() / memory_setting()


@dataclass(slots=True)
class Usage:
    """Adds up the time of invocations until it is looked at. Times are in seconds."""

    clock: Callable[[], float] = time.monotonic
    processor: Callable[[], float] = time.process_time
    latest: float | None = None
    """The share when it was last looked at."""
    _busy: float = 0.0
    _processor_before: float = 0.0
    _looked: float | None = None
    _lock: Lock = field(default_factory=Lock)

    def cpu_share(self, worked: float) -> float | None:
        """Add an invocation that took ``worked`` seconds; when due, return the share since the last look.

        The share is of what the memory setting allots, in percent and at most 100. Between invocations a
        sandbox is frozen, so only their time counts. The first invocation only begins to count: before it
        was init, whose time nobody knows here.
        """
        with self._lock:
            now = self.clock()
            if self._looked is None:
                self._looked, self._processor_before = now, self.processor()
                return None
            self._busy += worked
            if now - self._looked < EVERY_SECONDS:
                return None
            spent, allotted = self.processor() - self._processor_before, self._busy * memory_setting()
            self._looked, self._busy, self._processor_before = now, 0.0, self.processor()
            self.latest = min(100.0, 100 * spent * _WHOLE_CPU_MB / allotted) if allotted > 0 else 0.0
            return self.latest
