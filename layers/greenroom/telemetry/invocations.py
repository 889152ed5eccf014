"""The invocation at hand: what it has called and measured so far, and what each of its lines says of it.

It lives in a context variable, because on one machine many invocations run in threads of one process. Code
outside any, like an operator's command, measures nothing.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from .catalogue import Metric


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric, and the values of its dimensions."""

    metric: Metric
    value: float
    dimensions: Mapping[str, str]


@dataclass(slots=True)
class Invocation:
    """What one invocation of a function has done so far."""

    service: str
    """The function's name, the same in every stage."""
    cold: bool = False
    answers: bool = False
    """Whether it answers a request, whose line tells all of it, or is a worker's."""
    context: dict[str, Any] = field(default_factory=dict)
    """What every line of the invocation says: the ids of its request."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What its own line will say besides."""
    marks: dict[str, str] = field(default_factory=dict)
    """What its trace can be found by, besides its route and outcome."""
    samples: list[Sample] = field(default_factory=list)
    """Measured and not yet written."""
    calls: int = 0
    """Round trips to the tables."""
    call_milliseconds: float = 0.0
    read_units: float = 0.0
    write_units: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    def add(self, metric: Metric, value: float, **dimensions: str) -> None:
        """Measure; the service is known, and may be left out of ``dimensions``."""
        self.samples.append(Sample(metric, value, {"service": self.service, **dimensions}))

    def take_samples(self) -> list[Sample]:
        """Return what was measured and forget it, for it is being written."""
        taken, self.samples = self.samples, []
        return taken

    @property
    def milliseconds(self) -> float:
        """The time since the invocation began."""
        return (time.perf_counter() - self.started) * 1000


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


def current() -> Invocation | None:
    """Return the invocation that this thread works for, None outside any."""
    return _current.get()


def note(**context: str) -> None:
    """Let each further line of the invocation at hand say this too."""
    at_hand = _current.get()
    if at_hand is not None:
        at_hand.context |= context


def mark(**marks: str) -> None:
    """Let the trace of the invocation at hand be found by these."""
    at_hand = _current.get()
    if at_hand is not None:
        at_hand.marks |= marks


@contextmanager
def invocation(
    service: str, *, cold: bool = False, answers: bool = False, **context: Any
) -> Iterator[Invocation]:
    """Begin an invocation; ``context`` is what each of its lines says."""
    begun = Invocation(service, cold, answers, context)
    token = _current.set(begun)
    try:
        yield begun
    finally:
        _current.reset(token)
