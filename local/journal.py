"""The last requests and log lines, in memory, for the console and for tests."""

import threading
from collections import deque
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

MOST_LINES = 5000
MOST_REQUESTS = 200


@dataclass(frozen=True, slots=True)
class Served:
    """A request that the gateway answered. ``at`` is RFC 3339; the duration is the gateway's own view."""

    request_id: str
    at: str
    method: str
    path: str
    status: int
    duration_ms: float
    function: str | None
    route: str | None = None
    """The template of the resource, None where the path names none."""
    note: str = ""
    """Why the gateway itself answered, where it did."""


class Journal:
    """What happened lately. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)
        self._requests: deque[Served] = deque(maxlen=MOST_REQUESTS)

    def add_line(self, line: dict[str, Any]) -> None:
        """Keep a structured log line."""
        with self._lock:
            self._lines.append(line)

    def add_request(self, served: Served) -> None:
        """Keep a request."""
        with self._lock:
            self._requests.append(served)

    def lines(
        self, request_id: str | None = None, categories: Collection[str] | None = None, most: int = MOST_LINES
    ) -> list[dict[str, Any]]:
        """Return the last ``most`` lines, of one request or some categories where named, oldest first."""
        with self._lock:
            kept = list(self._lines)
        found = [
            line
            for line in kept
            if (request_id is None or line.get("request_id") == request_id)
            and (categories is None or line.get("category") in categories)
        ]
        return found[max(0, len(found) - most) :]

    def requests(self) -> list[dict[str, Any]]:
        """Return the last requests, newest first."""
        with self._lock:
            return [asdict(served) for served in reversed(self._requests)]
