"""Frozen classes are frozen at run time: a caller keeps its role, and agreed terms stay as they are."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from greenroom.actors import Actor, Role
from greenroom.identity.principal import Claims, Principal
from tests.support.classes import dataclasses_of_ours, models_of_ours

ROOT = Path(__file__).resolve().parents[2]

MUTABLE = {
    "CacheCheck": "keeps the figures of its last check",
    "CatalogCacheHealth": "keeps the versions that it has seen",
    "Counters": "counts",
    "FreeOn": "collects a search's findings",
    "HealthChecks": "takes registrations",
    "Invocation": "collects what one invocation measured",
    "Run": "holds a result until it is there",
    "StripeProvider": "makes its client at first use",
    "Usage": "remembers the last reading",
    "_Check": "keeps the last outcome",
    "_Invocation": "is the invocation whose deadline is watched",
    "_Seen": "collects what is known of a request on its way",
    "_State": "is what this process is configured with",
}
"""The dataclasses that change, and why."""

IN_POST_INIT = {
    "layers/greenroom/bookings/terms.py",  # one form of the policy
    "layers/greenroom/calendar/days.py",  # whole seconds in UTC
    "layers/greenroom/identity/verification.py",  # its own memory of genuine tokens
}
"""Where a frozen instance is completed in its own ``__post_init__``."""

FROZEN = [each for each in dataclasses_of_ours() if each.__dataclass_params__.frozen]


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_every_dataclass_is_frozen_except_those_that_collect_or_remember() -> None:
    assert {each.__name__ for each in dataclasses_of_ours()} - {each.__name__ for each in FROZEN} == set(
        MUTABLE
    )


@pytest.mark.parametrize("kind", FROZEN, ids=_name)
def test_a_frozen_dataclass_refuses_assignment_and_deletion(kind: type[Any]) -> None:
    instance = object.__new__(kind)

    for field in dataclasses.fields(kind):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(instance, field.name, None)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(instance, field.name)


@pytest.mark.parametrize("kind", models_of_ours(), ids=_name)
def test_a_model_refuses_assignment_and_deletion(kind: type[BaseModel]) -> None:
    instance = kind.model_construct()

    for name in kind.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(instance, name, None)
        with pytest.raises(ValidationError, match="frozen"):
            delattr(instance, name)


@pytest.mark.parametrize(
    "caller",
    [
        Claims("usr_1", "ses_1", Role.BUYER, 0, 600),
        Principal("usr_1", Role.BUYER, "ses_1", verified=False),
        Actor(Role.BUYER, "usr_1"),
    ],
    ids=lambda caller: type(caller).__name__,
)
def test_a_caller_cannot_be_given_another_role(caller: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        caller.role = Role.ADMIN
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        caller.more = "an attribute that the class does not have"

    assert caller.role is Role.BUYER
    assert not hasattr(caller, "__dict__")


def test_a_role_cannot_be_turned_into_another() -> None:
    with pytest.raises(AttributeError):
        Role.BUYER = Role.ADMIN  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Role.BUYER.value = "admin"  # type: ignore[misc]


def test_no_code_goes_around_a_frozen_class() -> None:
    ways_around = ("__setattr__", "__delattr__", "._secret_value", "__dict__[", "vars(")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("layers/greenroom", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if any(way in path.read_text() for way in ways_around)
    }

    assert found == IN_POST_INIT
    for path in found:
        text = (ROOT / path).read_text()
        _, _, after = text.partition("def __post_init__")
        assert text.count("object.__setattr__(self,") == after.partition("\n    def ")[0].count(
            "object.__setattr__(self,"
        )
