"""Work that many may want at once and that costs something: done once, waited for within bounds, and kept.

Whoever asks while it is under way joins in. So however many ask, there is one piece of work at a time, and
its outcome serves all who come while it is kept. Nobody waits longer than the work is allowed to take: what
hangs goes on alone, in a thread that ends with its connection's own time limits.
"""

import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

GIVE_UP_SECONDS = 20.0
"""After so long a piece of work that still hangs is left to itself, and the next who asks begins anew. A
sandbox may have been frozen with it for hours, and what it says then is of no use."""


@dataclass(slots=True)
class Run(Generic[T]):
    """One piece of work, under way or done. ``begun`` and ``ended`` are wall-clock seconds."""

    begun: float
    started: float = field(default_factory=time.perf_counter)
    done: Event = field(default_factory=Event)
    value: T | None = None
    error: BaseException | None = None
    seconds: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How it went, and how long it took or has been waited for. ``error`` is None when all is well."""

    value: T | None
    error: BaseException | None
    seconds: float


class Flight(Generic[T]):
    """``work`` is given ``timeout`` seconds. What came of it is kept for ``keep``, a failure for
    ``keep_failure``, in place of which ``keep`` stands where it is not given.

    The clock is the wall's, as a frozen sandbox's monotonic clock may stand still, and what was kept would
    outlast it.
    """

    def __init__(
        self,
        work: Callable[[], T],
        *,
        timeout: float,
        keep: float,
        keep_failure: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._work = work
        self._timeout = timeout
        self._keep = keep
        self._keep_failure = keep if keep_failure is None else keep_failure
        self._clock = clock
        self._lock = Lock()
        self._run: Run[T] | None = None

    def begin(self) -> Run[T]:
        """Return the run that answers who asks now: the kept one, the one under way, or a new one."""
        with self._lock:
            if self._run is None or self._over(self._run):
                self._run = Run(self._clock())
                # In a copy of this context, so that its table calls count for the request at hand.
                arguments = (self._fly, self._run)
                Thread(target=copy_context().run, args=arguments, name="flight", daemon=True).start()
            return self._run

    def outcome(self, run: Run[T]) -> Outcome[T]:
        """Wait for the run, no longer than its time, and return what came of it."""
        left = self._timeout - (time.perf_counter() - run.started)
        if not run.done.wait(max(0.0, left)):
            return Outcome(None, TimeoutError(), time.perf_counter() - run.started)
        if run.seconds > self._timeout:
            return Outcome(None, TimeoutError(), run.seconds)
        return Outcome(run.value, run.error, run.seconds)

    def _fly(self, run: Run[T]) -> None:
        try:
            run.value = self._work()
        except Exception as error:  # whatever it is, it is told to those who wait
            run.error = error
        run.seconds = time.perf_counter() - run.started
        run.ended = self._clock()
        run.done.set()

    def _over(self, run: Run[T]) -> bool:
        now = self._clock()
        if not run.done.is_set():
            return not 0 <= now - run.begun < GIVE_UP_SECONDS
        failed = run.error is not None or run.seconds > self._timeout
        # A clock that was set back makes nothing last longer.
        return not 0 <= now - run.ended < (self._keep_failure if failed else self._keep)
