"""Writes become the service's parameters, with every name and value behind a placeholder."""

import re
from typing import Any

import pytest

from greenroom.storage.keys import Key
from greenroom.storage.writes import ABSENT, EXISTS, NEW, PRESENT, Below, Check, Delete, Put, Update, Write

KEY = Key("A#1", "B")
KEY_ATTRIBUTES = {"pk": {"S": "A#1"}, "sk": {"S": "B"}}


def spelt_out(request: dict[str, Any], expression: str) -> str:
    """Return an expression with its placeholders replaced by names and values."""
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})

    def meant(match: re.Match[str]) -> str:
        return str(names[match[0]] if match[0][0] == "#" else values[match[0]])

    return re.sub(r"[#:]\w+", meant, request[expression])


def test_a_put_without_a_condition_has_no_expression_at_all() -> None:
    assert Put("things", {**KEY._asdict(), "n": 1}).request() == {
        "TableName": "things",
        "Item": KEY_ATTRIBUTES | {"n": {"N": "1"}},
    }


@pytest.mark.parametrize(
    ("when", "meant"),
    [
        (NEW, "attribute_not_exists(pk)"),
        (EXISTS, "attribute_exists(pk)"),
        ({"version": 3}, "version = {'N': '3'}"),
        ({"state": "open", "size": None}, "state = {'S': 'open'} AND size = {'NULL': True}"),
        ({"pk": PRESENT, "used_at": ABSENT}, "attribute_exists(pk) AND attribute_not_exists(used_at)"),
        ({"a": True, "b": 0}, "a = {'BOOL': True} AND b = {'N': '0'}"),
        ({"version": 3, "size": Below(20)}, "version = {'N': '3'} AND size < {'N': '20'}"),
    ],
)
def test_a_condition_is_spelt_the_same_for_every_write(when: dict[str, Any], meant: str) -> None:
    writes: list[Write] = [
        Put("things", KEY._asdict(), when=when),
        Update("things", KEY, assign={"a": 1}, when=when),
        Delete("things", KEY, when=when),
        Check("things", KEY, when=when),
    ]

    assert [spelt_out(write.request(), "ConditionExpression") for write in writes] == [meant] * 4


def test_an_update_sets_and_removes_and_mixes_up_no_placeholder() -> None:
    request = Update(
        "things", KEY, assign={"a": 1, "size": "x"}, remove=["b", "name"], when={"a": 0, "b": PRESENT}
    ).request()

    assert request["Key"] == KEY_ATTRIBUTES
    assert spelt_out(request, "UpdateExpression") == "SET a = {'N': '1'}, size = {'S': 'x'} REMOVE b, name"
    assert spelt_out(request, "ConditionExpression") == "a = {'N': '0'} AND attribute_exists(b)"
    used = set(re.findall(r"[#:]\w+", request["UpdateExpression"] + request["ConditionExpression"]))
    assert used == request["ExpressionAttributeNames"].keys() | request["ExpressionAttributeValues"].keys()


def test_an_update_may_remove_alone_and_then_has_no_values() -> None:
    request = Update("things", KEY, assign={}, remove=["b"]).request()

    assert spelt_out(request, "UpdateExpression") == "REMOVE b"
    assert "ExpressionAttributeValues" not in request


@pytest.mark.parametrize("name", ["size", "a b", "x; DROP", "#n0", ":v0", "a.b", "ä"])
def test_no_name_or_value_gets_into_an_expression_itself(name: str) -> None:
    request = Update("things", KEY, assign={name: name}, when={name: name}).request()

    assert re.fullmatch(r"SET #n\d+ = :v\d+", request["UpdateExpression"])
    assert re.fullmatch(r"#n\d+ = :v\d+", request["ConditionExpression"])
    assert set(request["ExpressionAttributeNames"].values()) == {name}


def test_each_write_knows_its_place_in_a_transaction() -> None:
    assert [
        Put("t", {}).verb,
        Update("t", KEY, assign={}).verb,
        Delete("t", KEY).verb,
        Check("t", KEY, when=EXISTS).verb,
    ] == ["Put", "Update", "Delete", "ConditionCheck"]


def test_an_update_adds_to_numbers_alone_or_beside_what_it_sets() -> None:
    alone = Update("things", KEY, add={"size": 1}, when={"size": Below(3)}).request()
    both = Update("things", KEY, assign={"a": "x"}, add={"size": -1}).request()

    assert spelt_out(alone, "UpdateExpression") == "ADD size {'N': '1'}"
    assert spelt_out(alone, "ConditionExpression") == "size < {'N': '3'}"
    assert spelt_out(both, "UpdateExpression") == "SET a = {'S': 'x'} ADD size {'N': '-1'}"
