"""Requests in which every input holds a canary: a word that must never come out at any signal."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from greenroom.gateway.routes import Route
from greenroom.shapes import Body

CANARY = "canary"
EMAIL = f"{CANARY}@example.com"
PASSWORD = f"{CANARY} in a mine 7"

_SOMETIME = datetime.now(UTC).date() + timedelta(days=300)

# What a string must look like to get past the shapes; elsewhere any text does.
_FORMED = {
    "email": EMAIL,
    "password": PASSWORD,
    "new_password": PASSWORD,
    "current_password": PASSWORD,
    "currency": "EUR",
    "country": "DE",
    "content_type": "image/png",
    "languages": "de",
    "time_zone": "Europe/Berlin",
    "start": f"{_SOMETIME}T18:00:00Z",
    "end": f"{_SOMETIME}T19:00:00Z",
}
HEADERS = {
    "User-Agent": f"{CANARY}/1.0",
    "Referer": f"https://{CANARY}.example/?{CANARY}={CANARY}",
    "Cookie": f"{CANARY}={CANARY}",
    "Origin": f"https://{CANARY}.example",
    "X-Forwarded-For": CANARY,
    "Forwarded": f"for={CANARY}",
    "X-Correlation-Id": f"{CANARY} with spaces",
    "X-Amzn-Trace-Id": f"Root={CANARY}",
    "If-Match": f'"{CANARY}"',
    "If-None-Match": f'"{CANARY}"',
    "Idempotency-Key": CANARY,
    "Stripe-Signature": f"t=1,v1={CANARY}",
    "X-Custom": CANARY,
    "Accept-Language": CANARY,
}


@dataclass(frozen=True)
class Planted:
    """One request, apart from who makes it."""

    route: Route
    name: str
    body: bytes = b""
    query: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def requests(route: Route, things: Mapping[str, str]) -> Iterator[Planted]:
    """Yield requests of a route with canaries in each place that takes input; ``things`` are real ids."""
    real = {name: things.get(name, f"{CANARY}-{name}") for name in route.path_parameters}
    body = _body(route)
    plain = {"Content-Type": "application/json"} if body else {}
    yield Planted(route, "all that fits", body, _query(route), real, {**plain, "Idempotency-Key": CANARY})
    yield Planted(route, "headers", body, "", real, {**plain, **HEADERS})
    yield Planted(route, "unknown query", body, f"{CANARY}={CANARY}&limit={CANARY}", real, plain)
    yield Planted(route, "path", body, "", dict.fromkeys(real, CANARY), plain)
    yield Planted(route, "odd path", body, "", dict.fromkeys(real, f"{CANARY}%20' OR 1=1"), plain)
    yield Planted(route, "not JSON", f'{{"{CANARY}": {CANARY}'.encode(), "", real, plain)
    yield Planted(route, "another type", CANARY.encode(), "", real, {"Content-Type": f"text/{CANARY}"})
    if route.body is not None:
        document = json.loads(body)
        unknown = {**document, CANARY: {CANARY: [CANARY]}}
        wrong = {name: {CANARY: CANARY} for name in document}
        script = dict.fromkeys(document, f"<script>{CANARY}</script>' OR 1=1 --")
        for kind, changed in (("unknown field", unknown), ("wrong types", wrong), ("script", script)):
            yield Planted(route, kind, json.dumps(changed).encode(), "", real, {**plain, **HEADERS})


def _query(route: Route) -> str:
    fields = route.query.model_fields if route.query is not None else {}
    return "&".join(f"{name}={CANARY}" for name in fields)


def _body(route: Route) -> bytes:
    if route.body is None:
        return CANARY.encode() if route.raw else b""
    assert issubclass(route.body, Body)
    schema = route.body.model_json_schema()
    return json.dumps(_value("", schema, schema.get("$defs", {}))).encode()


def _value(name: str, schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """Return a value of a JSON schema, its strings canaries."""
    if "$ref" in schema:
        return _value(name, known[schema["$ref"].rpartition("/")[2]], known)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _value(name, schema[choice][0], known)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {key: _value(key, inner, known) for key, inner in properties.items()}
        case "array":
            # There is no media server here, and so there are no media.
            return [_value(name, schema.get("items", {}), known)] if name != "media" else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return _FORMED.get(name, CANARY)
    return {CANARY: CANARY}
