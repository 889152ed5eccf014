"""What a cache is to those who read through it.

Nothing is ever removed because it changed. A value is kept under the version it belongs to, and a reader asks
for the version that he has just learnt from the tables. So a value can be missing, never outdated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

T = TypeVar("T")

KEEP_SECONDS = 3600
"""How long to keep a value. It has nothing to do with freshness: it ends what nobody asks for any more."""

Outcome = Literal["hit", "miss", "error"]
OnOperation = Callable[[str, Outcome, float], None]
"""``on_operation(namespace, outcome, milliseconds)``, told of each question to a cache.

A hit was answered whole, a miss was not. An error is a call of a server that failed, or a value from it that
was not ours; it is told beside the miss it leads to.
"""


class CacheUnavailable(Exception):
    """The cache does not give back what it was given. Only ``probe`` raises this: readers get a miss."""


class Entry(NamedTuple):
    """Where a value is kept within its kind."""

    key: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """One kind of values, and how they become JSON and back. They must be immutable: they are not copied."""

    name: str
    """The namespace."""
    to_plain: Callable[[T], Any]
    from_plain: Callable[[Any], T]
    """Raises, whatever it likes, on anything that ``to_plain`` does not return."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is held in this process, in bytes of JSON, and behind which backend."""

    backend: Literal["memory", "shared"]
    entries: int
    bytes: int


class Cache(Protocol):
    """A cache. It may forget anything at any time, and never fails a reader."""

    def may_hold(self, kind: Kind[Any], key: str) -> bool:
        """Tell, asking no server, whether some version of ``key`` might be had here."""
        ...

    def get(self, kind: Kind[T], wanted: Sequence[Entry]) -> dict[Entry, T]:
        """Return those of the values that are held, in at most one round trip."""
        ...

    def put(self, kind: Kind[T], values: Mapping[Entry, T], seconds: int) -> None:
        """Keep values for at most so many seconds."""
        ...

    def probe(self) -> None:
        """Put something, get it back, and raise ``CacheUnavailable`` if that fails."""
        ...

    def size(self) -> Size:
        """Return what is held in this process."""
        ...
