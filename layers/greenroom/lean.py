"""Dataclasses that are made in a fraction of the time: the standard ones were a quarter of a start.

The standard decorator writes source for each method of each class, and compiles it. Here comparing, hashing
and showing are the same few functions for all classes, and an ``__init__`` that only assigns is compiled once
for each number of fields and copied with other names. One thing is missing: whoever assigns to a frozen one
is stopped by the type checker, to which this is the standard decorator, and not when the code runs.
"""

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]


@cache
def _assigning(count: int) -> CodeType:
    """Return the code of an ``__init__`` that assigns so many arguments to as many attributes."""
    names = [f"v{number}" for number in range(count)]
    body = "".join([f"\n self.{name} = {name}" for name in names]) or " pass"
    made: dict[str, Any] = {}
    exec(f"def __init__({', '.join(['self', *names])}):{body}", made)  # noqa: S102 - ours, word for word
    code: CodeType = made["__init__"].__code__
    return code


def _only_assigns(plain: type) -> bool:
    """Tell whether all that the class's ``__init__`` has to do is to assign its arguments."""
    bases = [getattr(base, "__dataclass_fields__", {}) for base in plain.__mro__[1:]]
    declared = [value for value in vars(plain).values() if isinstance(value, Field)]
    fields: list[Field[Any]] = [*declared, *(field for known in bases for field in known.values())]
    annotations = vars(plain).get("__annotations__", {})
    return (
        not hasattr(plain, "__post_init__")
        and "__init__" not in vars(plain)
        and all(field.init and field.default_factory is MISSING for field in fields)
        and "self" not in annotations
        and not any("Var" in str(annotation) for annotation in annotations.values())
    )


def _init(cls: type) -> FunctionType:
    """Return the ``__init__`` of a dataclass, which only assigns."""
    fields = dataclasses.fields(cls)
    by_place = [field for field in fields if not field.kw_only]
    by_name = [field for field in fields if field.kw_only]
    names = tuple(field.name for field in (*by_place, *by_name))
    code = _assigning(len(names)).replace(
        co_argcount=1 + len(by_place),
        co_kwonlyargcount=len(by_name),
        co_varnames=("self", *names),
        co_names=names,
        co_qualname=f"{cls.__qualname__}.__init__",
    )
    given = tuple(field.default for field in by_place if field.default is not MISSING)
    if any(field.default is not MISSING for field in by_place[: len(by_place) - len(given)]):
        raise TypeError(f"{cls.__qualname__}: a field without a default comes after one with it")
    made = FunctionType(code, vars(sys.modules[cls.__module__]), "__init__", given)
    made.__kwdefaults__ = {field.name: field.default for field in by_name if field.default is not MISSING}
    made.__annotations__ = {**{field.name: field.type for field in (*by_place, *by_name)}, "return": None}
    return made


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
        own, assigns = set(vars(plain)), _only_assigns(plain)
        finished: type = dataclasses.dataclass(
            init=not assigns, eq=False, repr=False, slots=slots, kw_only=kw_only
        )(plain)
        methods = _methods(finished, frozen=frozen)
        if assigns:
            methods["__init__"] = _init(finished)
        for name, method in methods.items():
            # A class that compares in its own way and says nothing of hashing has None for it.
            if name not in own or (name == "__hash__" and "__eq__" in own and vars(plain)[name] is None):
                setattr(finished, name, method)
        return finished

    return made if cls is None else made(cls)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass: Callable[..., Any] = _lean
