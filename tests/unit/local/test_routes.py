"""Which resource a path names, as the deployed gateway sees it."""

import json
from pathlib import Path

import pytest

from local.routes import Resource, RouteTable, read_document

TABLE = RouteTable(
    [
        Resource("/v1/bookings/{booking_id}", {"GET": "bookings"}),
        Resource("/v1/bookings/{booking_id}/payments", {"POST": "payments", "GET": "payments"}),
        Resource("/v1/bookings/export", {"POST": "bookings"}),
        Resource("/v1/bookings", {"GET": "bookings", "POST": "bookings"}),
        Resource("/openapi.json", {"GET": "health"}),
    ]
)


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/v1/bookings", "/v1/bookings", {}),
        ("/v1/bookings/", "/v1/bookings", {}),
        ("//v1/bookings", "/v1/bookings", {}),
        ("/openapi.json", "/openapi.json", {}),
        ("/v1/bookings/bkg_1", "/v1/bookings/{booking_id}", {"booking_id": "bkg_1"}),
        ("/v1/bookings/bkg_1/payments", "/v1/bookings/{booking_id}/payments", {"booking_id": "bkg_1"}),
        ("/v1/bookings/export", "/v1/bookings/export", {}),
        ("/v1/bookings/a%2Fb", "/v1/bookings/{booking_id}", {"booking_id": "a%2Fb"}),
    ],
)
def test_a_path_names_a_resource(path: str, template: str, parameters: dict[str, str]) -> None:
    match = TABLE.match(path)

    assert match is not None
    assert (match.resource.template, match.parameters) == (template, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v2/bookings",
        "/V1/bookings",
        "/v1/bookings//payments",
        "/v1//bookings",
        "/v1/bookings/bkg_1/payments/extra",
        "/v1/bookings//",
        "v1/bookings",
        "*",
        "http://127.0.0.1/v1/bookings",
        "/v1/%62ookings",
    ],
)
def test_any_other_path_names_none(path: str) -> None:
    assert TABLE.match(path) is None


def test_a_resource_passes_on_the_usual_methods_even_those_it_lacks() -> None:
    match = TABLE.match("/v1/bookings")

    assert match is not None
    assert match.resource.function_for("POST") == "bookings"
    assert match.resource.function_for("OPTIONS") == "bookings"
    assert match.resource.function_for("DELETE") == "bookings"
    assert match.resource.function_for("PROPFIND") is None
    assert match.resource.function_for("post") is None
    assert match.resource.allow == "GET, OPTIONS, POST"


def test_the_openapi_document_is_the_route_table(tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "x-greenroom-headers": {"X-Frame-Options": "DENY"},
        "paths": {
            "/v1/me": {
                "parameters": [],
                "get": {"x-greenroom": {"function": "auth", "access": ["buyer"]}},
                "patch": {"x-greenroom": {"function": "auth", "access": ["buyer"]}},
            },
            "/health": {"get": {"x-greenroom": {"function": "health", "access": ["public"]}}},
        },
        "x-greenroom-assets": {
            "/docs/{part}": {"get": {"x-greenroom": {"function": "health", "access": ["public"]}}},
        },
    }
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document), "utf-8")

    read = read_document(path)

    assert read.headers == {"X-Frame-Options": "DENY"}
    assert read.routes.functions == ["auth", "health"]
    assert read.routes.match("/docs/a.js") is not None
    match = read.routes.match("/v1/me")
    assert match is not None
    assert dict(match.resource.functions) == {"GET": "auth", "PATCH": "auth"}
