"""What is known of the request that this thread serves, for a report of what goes wrong in it.

It lives in a context variable: on one machine many requests run in threads of one process.
"""

import time
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MOST_BREADCRUMBS = 30


class Breadcrumb(NamedTuple):
    """A step on the way: seconds of the epoch, what kind of step, which, and its figures."""

    at: float
    category: str
    message: str
    data: dict[str, Any]


@dataclass(slots=True)
class Situation:
    """One request, or one invocation of a worker."""

    function: str
    route: str
    request_id: str
    user_id: str = ""
    role: str = ""
    breadcrumbs: deque[Breadcrumb] = field(default_factory=lambda: deque(maxlen=_MOST_BREADCRUMBS))
    reported: bool = False
    """Something was captured in it that should leave before the process may be frozen."""
    trace: Any = None
    """The transaction that this request is traced by, where it was drawn for it."""

    def leave(self, category: str, message: str, data: dict[str, Any]) -> None:
        """Leave a breadcrumb; of too many the oldest goes."""
        self.breadcrumbs.append(Breadcrumb(time.time(), category, message, data))


current: ContextVar[Situation | None] = ContextVar("situation", default=None)
