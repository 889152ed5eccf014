"""Values come back from the tables as they went in, in the service's own encoding."""

from collections import deque
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from greenroom.actors import Role
from greenroom.storage.items import decode, decode_item, encode, encode_item

# The service keeps 38 digits of a number.
scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def _plain(value: Any) -> Any:
    """Return what boto3 read, with whole numbers as such."""
    match value:
        case Decimal():
            return int(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value


def _same(one: Any, other: Any) -> bool:
    """Compare values and their types: to Python 1 and True are equal."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


@given(values)
def test_what_is_encoded_is_read_alike_by_boto3_and_by_us(value: Any) -> None:
    encoded = encode(value)

    assert _same(_plain(TypeDeserializer().deserialize(cast("Any", encoded))), value)
    assert _same(decode(encoded), value)


@given(values)
def test_what_boto3_writes_is_what_we_write_and_read(value: Any) -> None:
    encoded = TypeSerializer().serialize(value)

    assert encode(value) == encoded
    assert _same(decode(encoded), value)


@given(st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=4))
def test_items_come_back_whole(item: dict[str, Any]) -> None:
    assert _same(decode_item(encode_item(item)), item)


def test_a_boolean_is_no_number_and_a_role_is_its_text() -> None:
    assert encode(True) == {"BOOL": True}
    assert encode(1) == {"N": "1"}
    assert encode(Role.AGENT) == {"S": "agent"}
    assert encode((1, "a")) == {"L": [{"N": "1"}, {"S": "a"}]}
    assert encode(b"\x00") == {"B": b"\x00"}
    assert decode({"B": b"\x00"}) == b"\x00"


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        Decimal(1),
        {1, 2},
        frozenset("a"),
        datetime(2026, 12, 1, tzinfo=UTC),
        bytearray(b"ab"),
        memoryview(b"ab"),
        range(3),
        deque([1]),
        object(),
        {"a": [1, 2.5]},
    ],
)
def test_what_the_project_never_stores_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot store"):
        encode(value)


@pytest.mark.parametrize("attribute", [{"SS": ["a"]}, {"NS": ["1"]}, {"BS": [b"a"]}, {"L": [{"SS": ["a"]}]}])
def test_what_the_project_never_stores_is_not_read_as_something_else(attribute: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="cannot read"):
        decode(attribute)


def test_a_fraction_in_a_table_is_not_rounded_in_silence() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        decode({"N": "1.5"})
