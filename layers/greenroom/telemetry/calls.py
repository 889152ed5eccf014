"""Counts the table calls of the request at hand.

The figures belong to one request, so they live in a context variable: on one machine many requests run
in threads of one process. They are filled by botocore event hooks, in one place, for every client.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class CallCount:
    """Round trips to the tables and their total milliseconds, retries included."""

    calls: int = 0
    milliseconds: float = 0.0


_current: ContextVar[CallCount | None] = ContextVar("table_calls", default=None)


def begin_count() -> CallCount:
    """Start counting anew for the request that this thread now serves."""
    count = CallCount()
    _current.set(count)
    return count


def count_calls(client: Any) -> None:
    """Make a botocore client report its calls to the count of the request at hand."""

    def started(context: dict[str, Any], **_: Any) -> None:
        context["greenroom_started"] = time.perf_counter()

    def ended(context: dict[str, Any], **_: Any) -> None:
        count = _current.get()
        if count is not None:
            count.calls += 1
            # Another hook may have answered in place of the network before ours was asked.
            now = time.perf_counter()
            count.milliseconds += (now - context.get("greenroom_started", now)) * 1000

    client.meta.events.register("before-call", started)
    client.meta.events.register("after-call", ended)
    client.meta.events.register("after-call-error", ended)
