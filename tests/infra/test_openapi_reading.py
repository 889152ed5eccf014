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
    things = {"parameters": [], "get": _operation("catalog"), "post": _operation("bookings")}
    document = {"x-greenroom-headers": HEADERS, "paths": {"/v1/things/{thing_id}": things}}

    read = read_document(_written(tmp_path, document))

    assert read.headers == HEADERS
    assert read.resources() == {
        "/v1/things/{thing_id}": (
            Operation("/v1/things/{thing_id}", "GET", "catalog", "general"),
            Operation("/v1/things/{thing_id}", "POST", "bookings", "general"),
        )
    }


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
