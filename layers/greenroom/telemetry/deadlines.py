"""A time-out is told before it happens: Lambda ends a late process without asking what it was about.

One thread watches all invocations of a process. It sleeps until the earliest deadline that it knows of, so
an invocation costs it nothing unless its deadline comes before that one; an invocation that ends in time
only takes itself off the list.
"""

import heapq
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

from . import errors
from .faults import report_fault

_MARGIN_SECONDS = 0.5
"""How long before the end: enough to write a line and to send a report."""


class AboutToTimeOut(Exception):
    """Not raised: it carries the stack of an invocation that will not end in time."""


@dataclass(frozen=True, slots=True)
class _Serving:
    """Who serves, and how to tell of it."""

    thread_id: int
    context: Context
    describe: Callable[[], Mapping[str, Any]]


@dataclass(slots=True, order=True)
class _Invocation:
    tells_at: float
    """On the monotonic clock."""
    number: int
    serving: _Serving | None = field(compare=False)
    """None once it is over, so that the list, which is tidied up late, keeps no request alive."""


@contextmanager
def watch(context: Any, describe: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """Watch an invocation; ``context`` is Lambda's, ``describe`` is asked for fields when time runs out.

    Without a context that tells the time, or with less than the margin left, nothing is watched.
    """
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    left = remaining() / 1000 - _MARGIN_SECONDS if remaining is not None else 0.0
    if left <= 0:
        yield
        return
    invocation = _watchdog.add(time.monotonic() + left, describe)
    try:
        yield
    finally:
        invocation.serving = None


class _Watchdog:
    """The thread, started with the first invocation, and the deadlines that it minds."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._invocations: list[_Invocation] = []
        self._count = 0
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def add(self, tells_at: float, describe: Callable[[], Mapping[str, Any]]) -> _Invocation:
        with self._changed:
            self._count += 1
            serving = _Serving(threading.get_ident(), copy_context(), describe)
            invocation = _Invocation(tells_at, self._count, serving)
            heapq.heappush(self._invocations, invocation)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._wakes_at = tells_at
                self._thread.start()
            elif tells_at < self._wakes_at:
                self._wakes_at = tells_at
                self._changed.notify()
        return invocation

    def _run(self) -> None:
        while True:
            with self._changed:
                late = self._next_late()
            serving = late.serving
            if serving is not None:
                serving.context.run(_tell, serving)

    def _next_late(self) -> _Invocation:
        """Wait for an invocation whose time has come. Those that are over are thrown away on the way."""
        while True:
            while self._invocations and self._invocations[0].serving is None:
                heapq.heappop(self._invocations)
            now = time.monotonic()
            if self._invocations and self._invocations[0].tells_at <= now:
                return heapq.heappop(self._invocations)
            self._wakes_at = self._invocations[0].tells_at if self._invocations else float("inf")
            self._changed.wait(self._wakes_at - now if self._invocations else None)


_watchdog = _Watchdog()


def _tell(late: _Serving) -> None:
    frame = sys._current_frames().get(late.thread_id)
    error = AboutToTimeOut().with_traceback(_trace_of(frame))
    report_fault("about to time out", error, **late.describe())
    errors.flush(errors.LAST_FLUSH_SECONDS)


def _trace_of(frame: FrameType | None) -> TracebackType | None:
    """Return a running thread's stack in the form of a raised error's, the outermost call first."""
    trace: TracebackType | None = None
    while frame is not None:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return trace
