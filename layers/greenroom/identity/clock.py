"""Time as identity needs it: injected, aware, and stored as whole epoch seconds or RFC 3339 text."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present as an aware datetime."""


def system_clock() -> datetime:
    """Return the machine's present in UTC."""
    return datetime.now(UTC)


def epoch(now: datetime) -> int:
    """Return whole epoch seconds, rounded down."""
    return int(now.timestamp())


def instant(now: datetime) -> str:
    """Return RFC 3339 in UTC, whole seconds: ``2026-12-01T10:00:00Z``."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_epoch(seconds: int) -> str:
    """Return epoch seconds as RFC 3339 in UTC."""
    return instant(datetime.fromtimestamp(seconds, UTC))
