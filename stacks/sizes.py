"""How large the functions are, how many of each there may be, and how they are kept warm."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AWAITED = frozenset({"auth", "catalog", "bookings", "payments"})
"""The functions that people wait for. Nobody waits for a health check, and workers have time."""

MEMORY: Mapping[str, int] = MappingProxyType(
    {
        # 1,769 MB are one whole processor: hashing a password takes all of it.
        "auth": 1769,
        "catalog": 1024,
        "bookings": 1024,
        "payments": 1024,
        "health": 512,
        "outbox": 512,
        "sweeper": 512,
        "smoke": 512,
    }
)
"""Megabytes by function; ``python -m tests.benchmarks.memory`` holds them against what the functions take."""

RESERVED: Mapping[str, int] = MappingProxyType(
    {
        "auth": 50,
        # Whoever looks around comes here, and a page of the list takes longest.
        "catalog": 100,
        "bookings": 50,
        "payments": 50,
        "health": 20,
        # ``FEED.parallel`` at once for each shard of the stream.
        "outbox": 20,
        # One a minute; the second place is for one that overlaps, or that somebody calls by hand.
        "sweeper": 2,
        # A release is one deployment a function, all at once.
        "smoke": 10,
    }
)
"""Most sandboxes at once, by function: a flood at one door leaves the others open. What is reserved here is
taken from what all other functions of the account share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How fast the stream's events reach the outbox."""

    batch: int
    """Most events in one call."""
    parallel: int
    """Most calls at once for each shard; those of one booking stay in order."""


FEED = Feed(batch=10, parallel=4)


@dataclass(frozen=True, slots=True)
class SnapStart:
    """New sandboxes are restored from a snapshot that was taken when their version was published."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Sandboxes that wait for requests: never fewer than ``least``, never more than ``most``."""

    least: int = 3
    most: int = 10
    utilisation: float = 0.7
    """Above this share of those that wait in use there will be more, below it fewer."""

    def __post_init__(self) -> None:
        if not (1 <= self.least <= self.most and 0.1 <= self.utilisation <= 0.9):
            raise ValueError(f"{self} cannot be scaled")


WarmStart = SnapStart | Provisioned | None
"""How a stage's functions that people wait for are kept from starting cold. One or the other: Lambda refuses
both on one alias, and this cannot say both. None for sandboxes as they come."""
