"""Every class of the deployed code, and the types of its fields."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

import functions
import greenroom


@cache
def own_classes() -> tuple[type[Any], ...]:
    """Import every module of ``greenroom`` and ``functions`` and return the classes that they define."""
    names = [
        module.name
        for package in (greenroom, functions)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return tuple(
        value
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and value.__module__ == name
    )


def dataclasses_of_ours() -> list[type[Any]]:
    """Return the dataclasses."""
    return [each for each in own_classes() if dataclasses.is_dataclass(each)]


def models_of_ours() -> list[type[BaseModel]]:
    """Return the pydantic models."""
    return [each for each in own_classes() if issubclass(each, BaseModel)]


def fields_of(kind: type[Any]) -> dict[str, Any]:
    """Return the annotations of a dataclass's, model's or named tuple's fields by their names."""
    if dataclasses.is_dataclass(kind):
        return {field.name: field.type for field in dataclasses.fields(kind)}
    if issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: kind.__annotations__.get(name) for name in getattr(kind, "_fields", ())}


def parts_of(annotation: Any) -> Iterator[Any]:
    """Yield an annotation and all that it is made of."""
    yield annotation
    for part in get_args(annotation):
        for each in part if isinstance(part, list) else [part]:
            yield from parts_of(each)
