"""What the stacks take from the OpenAPI document, and what they refuse in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.openapi import InvalidDocument, Operation, read_document

HEADERS = {"X-Content-Type-Options": "nosniff"}


def _operation(function: str) -> dict[str, Any]:
    return {"x-greenroom": {"function": function, "access": ["public"], "limit": "general"}}


def _written(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def test_operations_are_read_with_the_function_that_answers_them(tmp_path: Path) -> None:
    given = [{"name": "thing_id", "in": "path"}, {"name": "q", "in": "query"}]
    get = _operation("catalog") | {"parameters": given}
    things = {"parameters": [], "get": get, "post": _operation("bookings")}
    document = {"x-greenroom-headers": HEADERS, "paths": {"/v1/things/{thing_id}": things}}

    read = read_document(_written(tmp_path, document))

    assert read.headers == HEADERS
    assert read.resources() == {
        "/v1/things/{thing_id}": (
            Operation(
                "/v1/things/{thing_id}",
                "GET",
                "catalog",
                "general",
                access=frozenset({"public"}),
                parameters=(("thing_id", "path"), ("q", "query")),
            ),
            Operation("/v1/things/{thing_id}", "POST", "bookings", "general", access=frozenset({"public"})),
        )
    }


def test_a_part_of_a_page_is_served_though_it_is_no_operation(tmp_path: Path) -> None:
    document = {
        "x-greenroom-headers": HEADERS,
        "paths": {"/page": {"get": _operation("auth")}},
        "x-greenroom-assets": {"/page/{part}": {"get": _operation("auth")}},
    }

    read = read_document(_written(tmp_path, document))

    assert list(read.resources()) == ["/page", "/page/{part}"]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"paths": {"/a": {"get": _operation("auth")}}}, "x-greenroom-headers"),
        ({"x-greenroom-headers": {}, "paths": {"/a": {"get": _operation("auth")}}}, "x-greenroom-headers"),
        ({"x-greenroom-headers": HEADERS, "paths": {}}, "no operation"),
        ({"x-greenroom-headers": HEADERS, "paths": {"/a": {"get": {}}}}, "GET /a"),
        (
            {
                "x-greenroom-headers": HEADERS,
                "paths": {"/a": {"get": {"x-greenroom": {"function": "auth"}}}},
            },
            "GET /a: x-greenroom names no limit",
        ),
        ({"x-greenroom-headers": HEADERS, "paths": {"/{proxy+}": {"get": _operation("auth")}}}, "proxy"),
        ({"x-greenroom-headers": HEADERS, "paths": {"a": {"get": _operation("auth")}}}, "a: not a path"),
    ],
)
def test_a_document_that_cannot_become_a_gateway_is_refused_by_place(
    document: dict[str, Any], named: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidDocument, match=named):
        read_document(_written(tmp_path, document))


@pytest.mark.parametrize(
    ("method", "access", "public"),
    [
        ("GET", {"public"}, True),
        ("POST", {"public"}, False),
        ("GET", {"buyer"}, False),
        ("GET", {"public", "buyer"}, False),
        ("GET", set(), False),
    ],
)
def test_only_a_read_that_asks_nobody_who_he_is_is_a_public_one(
    method: str, access: set[str], public: bool
) -> None:
    operation = Operation("/v1/things", method, "catalog", "general", access=frozenset(access))

    assert operation.public_read is public
