"""Our dataclasses behave as the standard ones do, but for assigning to a frozen one: the type checker's."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

import pytest

from greenroom import lean

OPTIONS = [
    {"frozen": frozen, "slots": slots, "kw_only": kw_only}
    for frozen in (False, True)
    for slots in (False, True)
    for kw_only in (False, True)
]
Decorator = Callable[..., Any]


def _plain(make: Any) -> type:
    class Thing:
        a: int
        b: str = "b"
        secret: str = field(default="hunter2", repr=False)
        noise: int = field(default=0, compare=False)
        many: list[int] = field(default_factory=list)

        @property
        def twice(self) -> int:
            return 2 * self.a

    return make(Thing)  # type: ignore[no-any-return]


def _both(**options: Any) -> tuple[Any, Any]:
    ours: Any = lean._lean(**options)
    return _plain(ours), _plain(dataclasses.dataclass(**options))


SAMPLES: list[dict[str, Any]] = [
    {"a": 1},
    {"a": 1, "b": "c"},
    {"a": 1, "noise": 5},
    {"a": 1, "secret": "other"},
    {"a": 2},
    {"a": 1, "many": [1]},
]


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
def test_they_are_made_compared_and_shown_like_standard_ones(options: dict[str, bool]) -> None:
    ours, theirs = _both(**options)

    mine, standard = [ours(**each) for each in SAMPLES], [theirs(**each) for each in SAMPLES]

    assert list(map(repr, mine)) == list(map(repr, standard))
    assert "hunter2" not in repr(mine)
    assert [[x == y for x in mine] for y in mine] == [[x == y for x in standard] for y in standard]
    assert mine[0] != standard[0]
    assert mine[0] != (1, "b", "hunter2", [])
    assert inspect.signature(ours) == inspect.signature(theirs)
    assert ours.__match_args__ == theirs.__match_args__
    assert hasattr(mine[0], "__dict__") == hasattr(standard[0], "__dict__")
    assert [f.name for f in dataclasses.fields(ours)] == [f.name for f in dataclasses.fields(theirs)]
    assert replace(mine[0], b="x") == ours(a=1, b="x")
    assert copy.deepcopy(mine[5]) == mine[5]
    assert mine[0].many is not mine[1].many
    assert mine[0].twice == 2


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
def test_frozen_ones_can_be_hashed_and_others_cannot(options: dict[str, bool]) -> None:
    def made(make: Any) -> Any:
        class Thing:
            a: int
            b: int = field(default=1, hash=False)
            c: int = field(default=1, compare=False)

        return make(Thing)

    ours, theirs = made(lean._lean(**options)), made(dataclasses.dataclass(**options))

    if not options["frozen"]:
        for each in (ours(a=1), theirs(a=1)):
            with pytest.raises(TypeError, match="unhashable"):
                hash(each)
        return
    samples = [{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 2}, {"a": 2}]
    mine, standard = ([hash(each(**given)) for given in samples] for each in (ours, theirs))
    assert [[x == y for x in mine] for y in mine] == [[x == y for x in standard] for y in standard]
    assert len({ours(a=1), ours(a=1), ours(a=2)}) == 2


@pytest.mark.parametrize("decorate", [lean._lean, dataclasses.dataclass])
def test_what_a_class_says_of_itself_is_kept(decorate: Decorator) -> None:
    def frozen(cls: type) -> Any:
        return decorate(frozen=True, slots=True)(cls)

    class Quiet:
        a: int

        def __repr__(self) -> str:
            return "quiet"

    class Same:  # noqa: PLW1641 - what the test is about
        a: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, type(self))

    class Own:
        a: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    quiet, same, own = frozen(Quiet), frozen(Same), frozen(Own)

    assert repr(quiet(1)) == "quiet"
    assert same(1) == same(2)
    assert hash(same(1)) == hash(same(1)) != hash(same(2))
    assert hash(own(1)) == 7


@pytest.mark.parametrize("decorate", [lean._lean, dataclasses.dataclass])
def test_one_that_extends_another_has_the_fields_of_both(decorate: Decorator) -> None:
    def made(cls: type) -> Any:
        return decorate(frozen=True, slots=True)(cls)

    class Plain:
        a: int

    Base = made(Plain)  # noqa: N806 - a class

    class Extended(Base):  # type: ignore[misc, valid-type]
        b: int

    More = made(Extended)  # noqa: N806 - a class

    assert More(1, 2) == More(1, 2) != More(1, 3)
    assert More(1, 2) != Base(1)
    assert "Extended(a=1, b=2)" in repr(More(1, 2))


def test_one_without_fields_equals_its_like() -> None:
    @lean._lean(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    assert repr(Nothing()).endswith("Nothing()")


def test_those_that_are_sorted_are_standard_ones() -> None:
    class Plain:
        a: int

    ranked: Any = lean._lean(frozen=True, order=True)(Plain)

    assert sorted([ranked(2), ranked(1)]) == [ranked(1), ranked(2)]
    with pytest.raises(dataclasses.FrozenInstanceError):
        ranked(1).a = 2


@lean.dataclass(frozen=True, slots=True)
class Packed:
    a: int
    b: tuple[int, ...] = ()


def test_one_survives_being_pickled() -> None:
    assert pickle.loads(pickle.dumps(Packed(1, (2,)))) == Packed(1, (2,))  # noqa: S301 - our own bytes


def test_one_that_holds_itself_can_be_shown() -> None:
    @lean._lean(slots=True)
    class Ring:
        next: Any = None

    ring = Ring()
    ring.next = ring

    assert repr(ring).endswith("Ring(next=...)")


def test_few_methods_are_compiled_for_it() -> None:
    """The reason for it all: of what the standard decorator writes, ``__init__`` is left."""
    ours, theirs = _both(frozen=True, slots=True)
    assert ours.__eq__.__code__ is Packed.__eq__.__code__
    assert theirs.__eq__.__code__ is not Packed.__eq__.__code__
