"""Optimistic writes under contention: read, decide, write; on a lost race read again, with full jitter."""

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from greenroom.refusals import Refusal

from .tables import ConditionFailed, Contended

T = TypeVar("T")

TRIES = 6
_BASE_SECONDS = 0.02
_CAP_SECONDS = 0.4
RETRY_AFTER = 1
"""Seconds after which whoever has lost all tries may come again."""


class CalendarBusy(Refusal):
    """Too many callers wrote the same calendar at once; the same call may succeed a moment later."""

    status, code, title = 503, "calendar_busy", "Too many bookings at the same moment"


def ceilings(tries: int = TRIES) -> Iterator[float]:
    """Yield the longest wait, in seconds, after each lost race but the last."""
    for round_number in range(tries - 1):
        yield min(_CAP_SECONDS, _BASE_SECONDS * 2**round_number)


def attempt(
    operation: Callable[[], T],
    *,
    tries: int = TRIES,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Run ``operation`` anew while it loses races, at most ``tries`` times, then raise ``CalendarBusy``.

    ``operation`` must read afresh what it decides upon each time it is called.
    """
    waits = ceilings(tries)
    for _ in range(tries):
        try:
            return operation()
        except (ConditionFailed, Contended):
            ceiling = next(waits, None)
            if ceiling is not None:
                sleep(random.uniform(0, ceiling))  # noqa: S311 - jitter, not a secret
    raise CalendarBusy(retry_after=RETRY_AFTER)
