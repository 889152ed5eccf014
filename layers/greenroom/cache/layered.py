"""The process's own cache before the shared one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .port import Cache, Entry, Kind, Size

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayeredCache:
    """Asks ``near``, then ``far`` for the rest, and keeps near what came from far."""

    near: Cache
    far: Cache
    near_seconds: int
    """How long to keep what came from far: nobody tells how long far would have kept it."""

    def may_hold(self, kind: Kind[Any], key: str) -> bool:
        """Tell whether either might."""
        return self.near.may_hold(kind, key) or self.far.may_hold(kind, key)

    def get(self, kind: Kind[T], wanted: Sequence[Entry]) -> dict[Entry, T]:
        """Return those of the values that either has."""
        found = self.near.get(kind, wanted)
        missing = [entry for entry in wanted if entry not in found]
        if not missing:
            return found
        fetched = self.far.get(kind, missing)
        if fetched:
            self.near.put(kind, fetched, self.near_seconds)
        return found | fetched

    def put(self, kind: Kind[T], values: Mapping[Entry, T], seconds: int) -> None:
        """Keep values in both."""
        self.near.put(kind, values, seconds)
        self.far.put(kind, values, seconds)

    def probe(self) -> None:
        """Probe both."""
        self.near.probe()
        self.far.probe()

    def size(self) -> Size:
        """Return what is held near, as that of the far one's kind."""
        return replace(self.near.size(), backend=self.far.size().backend)
