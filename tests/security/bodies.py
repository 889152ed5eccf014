"""Bodies that a route takes, made from its schema: where the attack is to be the only thing wrong."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.documented import document

PASSWORD = "four green rooms, please"

# What no schema tells: fields whose values must be of a kind that only the rules know.
_KNOWN = {
    "password": PASSWORD,
    "current_password": "nobody has chosen this one",
    "new_password": PASSWORD,
    "start": "2027-03-05T19:00:00",
    "time_zone": "Europe/Berlin",
    "expires_at": "2027-03-01T19:00:00Z",
    "currency": "EUR",
    "country": "FR",
    "content_type": "image/png",
}


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference into the document, and take of several shapes the first that is not null."""
    if "$ref" in schema:
        found: Mapping[str, Any] = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return resolved(found)
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return resolved(choice)
    return schema


def sample(schema: Mapping[str, Any], name: str = "", *, whole: bool = False) -> Any:
    """Return a value of the schema; with ``whole``, one that also has what is optional."""
    schema = resolved(schema)
    if name == "email":
        return f"{secrets.token_hex(8)}@example.com"
    if name in _KNOWN:
        return _KNOWN[name]
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("properties", {}) if whole else schema.get("required", ())
        return {each: sample(schema["properties"][each], each, whole=whole) for each in wanted}
    plain: dict[Any, Any] = {"integer": schema.get("minimum", 0), "boolean": True, "array": [], "number": 0}
    return plain.get(kind, "A" * max(4, schema.get("minLength", 0)))


def text_fields(schema: Mapping[str, Any], way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the way to every field of text."""
    schema = resolved(schema)
    for name, described in schema.get("properties", {}).items():
        inner = resolved(described)
        if inner.get("type") == "string":
            yield (*way, name)
        elif inner.get("type") == "object":
            yield from text_fields(inner, (*way, name))


def with_value(body: Any, way: tuple[str, ...], value: Any) -> Any:
    """Return the body with another value at one place."""
    first, *rest = way
    return {**body, first: with_value(body[first], tuple(rest), value) if rest else value}
