"""Kinds of values made up for the tests of the cache, and a clock that they set."""

from dataclasses import dataclass
from typing import Any

from greenroom.cache.port import Kind


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise TypeError("no text")
    return plain


TEXTS: Kind[str] = Kind(name="texts", to_plain=str, from_plain=_text)
OTHERS: Kind[str] = Kind(name="others", to_plain=str, from_plain=_text)


@dataclass(slots=True)
class Clock:
    """Seconds that pass when they are told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now
