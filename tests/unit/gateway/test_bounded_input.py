"""Nothing that a client sends is without a bound: every field of every route's body and query is walked."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from functions.auth.passkey_shapes import WebAuthnBody
from greenroom.gateway.security_events import SECRET_FIELDS
from greenroom.shapes import Written
from tests.support.functions import ROUTES
from tests.unit.gateway.sample import App, call

SHAPES = sorted(
    {shape for route in ROUTES for shape in (route.body, route.query) if shape},
    key=lambda shape: shape.__name__,
)
NAMES = [shape.__name__ for shape in SHAPES]

# A text field is written by people and normalised, or it is one of these, whose form something else knows.
OF_A_FORM = {
    "clientDataJSON": "base64url",
    "attestationObject": "base64url",
    "authenticatorData": "base64url",
    "signature": "base64url",
    "userHandle": "base64url",
    "rawId": "base64url",
    "id": "base64url",
    "credential": "base64url",
    "email": "the rules of addresses",
    "password": "hashed, never shown",
    "new_password": "hashed, never shown",
    "current_password": "hashed, never shown",
    "token": "digested and looked up",
    "refresh_token": "digested and looked up",
    "totp_code": "compared",
    "code": "compared",
    "cursor": "signed",
    "start": "parsed as a time",
    "expires_at": "parsed as a time",
    "end": "parsed as a time",
    "content_type": "looked up among what a purpose takes",
    "time_zone": "looked up among the zones",
    "tz": "looked up among the zones",
}


def _unbounded(schema: Any, place: str) -> Iterator[str]:
    """Yield the places in a JSON schema that take values of any size."""
    if isinstance(schema, list):
        for inner in schema:
            yield from _unbounded(inner, place)
    if not isinstance(schema, dict):
        return
    if not {"enum", "const", "$ref"} & schema.keys():
        yield from _faults(schema, place)
    for name in ("properties", "$defs"):
        for key, inner in schema.get(name, {}).items():
            yield from _unbounded(inner, f"{place}.{key}")
    for name in ("anyOf", "allOf", "oneOf", "items", "additionalProperties"):
        yield from _unbounded(schema.get(name), place)


def _faults(schema: dict[str, Any], place: str) -> Iterator[str]:
    kind = schema.get("type")
    # A pattern is a bound when nothing in it may repeat without end.
    patterned = "pattern" in schema and not re.search(r"[+*]|,}", schema["pattern"])
    if kind == "string" and not ("maxLength" in schema or patterned or schema.get("format") == "date"):
        yield f"{place}: no longest"
    if kind == "array" and "maxItems" not in schema:
        yield f"{place}: any number of items"
    if kind in {"integer", "number"} and not {"minimum", "maximum"} <= schema.keys():
        yield f"{place}: no range"
    if kind == "object" and schema.get("additionalProperties") is not False and "properties" not in schema:
        yield f"{place}: any fields"


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_every_field_of_every_body_and_query_is_bounded(shape: type[BaseModel]) -> None:
    assert list(_unbounded(shape.model_json_schema(by_alias=True), shape.__name__)) == []


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string"}, 1),
        ({"type": "string", "pattern": "^[a-z]+$"}, 1),
        ({"type": "string", "pattern": "^[a-z]{1,}$"}, 1),
        ({"type": "array", "items": {"type": "string"}}, 2),
        ({"type": "integer", "minimum": 0}, 1),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1),
        ({"type": "object", "additionalProperties": {"type": "string", "maxLength": 1}}, 1),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, 0),
    ],
)
def test_the_walk_finds_what_has_no_bound(schema: dict[str, Any], found: int) -> None:
    assert len(list(_unbounded(schema, "x"))) == found


def _of_field(mark: Any) -> list[Any]:
    return mark.metadata if isinstance(mark, FieldInfo) else []


def _fields(shape: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in shape.model_fields.items():
        pending: list[tuple[Any, list[Any]]] = [(field.annotation, list(field.metadata))]
        while pending:
            annotation, metadata = pending.pop()
            inner = getattr(annotation, "__args__", ())
            if hasattr(annotation, "__metadata__"):
                marks = [each for mark in annotation.__metadata__ for each in (mark, *_of_field(mark))]
                pending.append((annotation.__origin__, metadata + marks))
            elif inner and not isinstance(annotation, type):
                pending += [(argument, metadata) for argument in inner]
            elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from _fields(annotation)
            elif annotation is str:
                yield field.alias or name, metadata


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_every_text_that_people_write_is_normalised_and_every_other_has_a_form(
    shape: type[BaseModel],
) -> None:
    for name, metadata in _fields(shape):
        written = any(isinstance(mark, Written) for mark in metadata)
        patterned = any(getattr(mark, "pattern", None) for mark in metadata)
        assert written != (name in OF_A_FORM or patterned), name


def test_no_secret_is_looked_into_for_signs_of_an_attack() -> None:
    named = {name for shape in SHAPES for name, _ in _fields(shape)}

    secret = {name for name in named if re.search("password|token|code|secret|cursor", name)}
    assert secret <= SECRET_FIELDS
    assert {"password", "refresh_token"} <= secret


def test_every_body_refuses_what_it_does_not_know() -> None:
    for shape in SHAPES:
        wanted = "ignore" if issubclass(shape, WebAuthnBody) else "forbid"
        assert shape.model_config.get("extra") == wanted == "forbid", shape


@pytest.mark.parametrize("value", ["x" * 129, "a b", "..%2f..%2fetc", "a%00", "%c3%a9", "-;--", "'or'1"])
def test_a_value_in_a_path_that_could_name_nothing_names_nothing(value: str) -> None:
    app = App()

    assert call("GET", f"/public/{value}", app=app).told == (404, "not_found")
    assert app.seen == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Idempotency_Key": "k" * 255}, 201),
        ({"Idempotency_Key": "k" * 256}, 400),
        ({"Idempotency_Key": "k" * 100_000}, 400),
        ({"Idempotency_Key": "k\tk"}, 400),
        ({"Idempotency_Key": "k\x00"}, 400),
        ({"Idempotency_Key": "k\u2028"}, 400),
        ({"Idempotency_Key": "k", "If_Match": '"0", ' * 100 + '"3"'}, 201),
        ({"Idempotency_Key": "k", "If_Match": '"0", ' * 10_000 + '"3"'}, 412),
        ({"Idempotency_Key": "k", "If_Match": '"3"\n'}, 201),
    ],
)
def test_a_header_that_decides_something_is_bounded(headers: dict[str, Any], status: int) -> None:
    answer = call("POST", "/things/t1/orders", token="buyer", body={"name": "a"}, **headers)

    assert answer.status == status


def test_a_list_of_tags_without_end_is_read_in_no_time_and_matches_nothing() -> None:
    answer = call("GET", "/things/t1", token="buyer", If_None_Match='W/"' * 300_000 + ', "3"')

    assert answer.status == 200
