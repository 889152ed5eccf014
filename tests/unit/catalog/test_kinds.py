"""What of the catalogue goes into a shared cache, and what of it is believed when it comes back."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from greenroom.cache.port import Kind
from greenroom.catalog.kinds import LISTINGS, PROFILES, SCHEDULES, SHAPES, SLUGS, cache_scope
from greenroom.catalog.records import row_from, row_item
from greenroom.catalog.search import Listing
from tests.support.celebrities import HOURS, ZOE

LISTING = Listing(7, [row_from(row_item(ZOE))])
VALUES: list[tuple[Kind[Any], Any]] = [
    (PROFILES, ZOE),
    (SCHEDULES, HOURS),
    (LISTINGS, LISTING),
    (SLUGS, ZOE.id),
]
BY_NAME = {kind.name: value for kind, value in VALUES}
KINDS = [kind for kind, _ in VALUES]


def through_json(kind: Kind[Any], value: Any) -> Any:
    return json.loads(json.dumps(kind.to_plain(value)))


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=[kind.name for kind in KINDS])
def test_a_value_comes_back_as_it_was(kind: Kind[Any], value: Any) -> None:
    back = kind.from_plain(through_json(kind, value))

    if kind is LISTINGS:
        assert (back.version, back.rows) == (value.version, value.rows)
    else:
        assert back == value


def test_another_shape_gets_another_number() -> None:
    """Where this fails, the JSON of a kind has changed: raise ``SHAPES`` and write its new digest here."""
    shapes = json.dumps([kind.to_plain(value) for kind, value in VALUES], sort_keys=True)

    assert {SHAPES: sha256(shapes.encode()).hexdigest()[:16]} == {2: "acd453968fe77bea"}
    assert cache_scope("a-table") == f"a-table:{SHAPES}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "foreign", [None, 5, "text", [], {}, [[]], {"rows": 1}, {"weekly": 1, "overrides": 1}]
)
def test_what_has_another_form_is_not_believed(kind: Kind[Any], foreign: Any) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - any will do: the cache takes it for a miss
        kind.from_plain(foreign)


def _set(*path: Any) -> Callable[[Any, Any], None]:
    def change(plain: Any, value: Any) -> None:
        for step in path[:-1]:
            plain = plain[step]
        plain[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("kind", "where", "value"),
    [
        (PROFILES, _set("name"), 5),
        (PROFILES, _set("bio"), None),
        (PROFILES, _set("version"), "one"),
        (PROFILES, _set("languages"), 5),
        (PROFILES, _set("languages"), [5]),
        (PROFILES, _set("time_zone"), "Mars/Olympus"),
        (PROFILES, _set("offerings", 0, "price", "amount"), -1),
        (PROFILES, _set("offerings", 0, "price", "currency"), "euro"),
        (PROFILES, _set("offerings", 0, "duration_minutes"), "long"),
        (PROFILES, _set("offerings", 0, "mode"), "never"),
        (PROFILES, _set("created_at"), "yesterday"),
        (SCHEDULES, _set("weekly", 0, "weekday"), 7),
        (SCHEDULES, _set("weekly", 0, "start"), "25:00"),
        (SCHEDULES, _set("overrides", 0, "date"), "soon"),
        (LISTINGS, _set("version"), True),
        (LISTINGS, _set("rows", 0, 0), "cel_"),
        (LISTINGS, _set("rows", 0, 1), 5),
        (LISTINGS, _set("rows", 0, 4), [5]),
        (LISTINGS, _set("rows", 0, 5), "Mars/Olympus"),
        (LISTINGS, _set("rows", 0, 6), {"EUR": ["1"]}),
        (LISTINGS, _set("rows", 0, 6), [1]),
        (LISTINGS, _set("rows", 0, 7), [1]),
        (LISTINGS, _set("rows", 0, 7), [1, "2"]),
        (LISTINGS, _set("rows", 0, 8), 1.5),
    ],
)
def test_a_value_of_another_type_is_not_believed(
    kind: Kind[Any], where: Callable[[Any, Any], None], value: Any
) -> None:
    plain = through_json(kind, BY_NAME[kind.name])
    where(plain, value)

    with pytest.raises(Exception):  # noqa: B017, PT011 - any will do: the cache takes it for a miss
        kind.from_plain(plain)
