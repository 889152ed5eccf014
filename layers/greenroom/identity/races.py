"""Writes that lose a race are decided again; one that keeps losing is answered as a busy store."""

from collections.abc import Callable
from typing import TypeVar

from greenroom.refusals import Unavailable
from greenroom.storage.contention import CalendarBusy, attempt

T = TypeVar("T")


def decided_anew(operation: Callable[[], T]) -> T:
    """Run ``operation``, which reads what it decides upon, again after each lost race.

    Raises ``Unavailable`` after a few tries.
    """
    try:
        return attempt(operation)
    except CalendarBusy as busy:
        raise Unavailable(retry_after=1) from busy
