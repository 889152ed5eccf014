"""Dataclasses that are made in a third of the time: the standard ones were a sixth of a function's start.

The standard decorator writes source for each method of each class, and compiles it. Here only ``__init__`` is
written so; comparing, hashing and showing are the same few functions for all classes. One thing is missing:
whoever assigns to a frozen one is stopped by the type checker, to which this is the standard decorator, and
not when the code runs.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]


def _nothing(_: object) -> tuple[()]:
    return ()


def _methods(cls: type, *, frozen: bool) -> dict[str, Any]:
    """Return the methods by which instances are compared, hashed and shown."""
    fields = dataclasses.fields(cls)
    compared = [field.name for field in fields if field.compare]
    shown = [field.name for field in fields if field.repr]
    hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
    values = attrgetter(*compared) if compared else _nothing
    key = attrgetter(*hashed) if hashed else _nothing

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        if other.__class__ is self.__class__:
            return bool(values(self) == values(other))
        return NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(key(self))

    @recursive_repr()
    def __repr__(self: Any) -> str:  # noqa: N807
        told = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
        return f"{self.__class__.__qualname__}({told})"

    return {"__eq__": __eq__, "__hash__": __hash__ if frozen else None, "__repr__": __repr__}


def _lean(
    cls: type | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    order: bool = False,
) -> Any:
    """Make a dataclass of a class, as the standard decorator does with these options."""

    def made(plain: type) -> type:
        if order:  # the few that are sorted
            return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, order=True)(plain)
        own = set(vars(plain))
        finished: type = dataclasses.dataclass(eq=False, repr=False, slots=slots, kw_only=kw_only)(plain)
        for name, method in _methods(finished, frozen=frozen).items():
            # A class that compares in its own way and says nothing of hashing has None for it.
            if name not in own or (name == "__hash__" and "__eq__" in own and vars(plain)[name] is None):
                setattr(finished, name, method)
        return finished

    return made if cls is None else made(cls)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass: Callable[..., Any] = _lean
