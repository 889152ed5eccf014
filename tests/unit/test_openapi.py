"""The committed document is valid, is what the routes say, and says all that a client can meet."""

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import greenroom
from greenroom.gateway.openapi import implied_refusals, refusals_of
from greenroom.gateway.routes import MONITORING, SIGNED_IN, Route
from greenroom.refusals import Refusal
from local.openapi import DOCUMENT, TABLES, document, text

ROUTES = [route for table in TABLES for route in table]
NAMES = [f"{route.method} {route.path}" for route in ROUTES]

# Refusals that no operation lists, and why.
OF_NO_OPERATION = {
    "method_not_allowed": "answers the methods that have no operation",
}


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return document()


DOCUMENTED = [route for route in ROUTES if route.documented]
DOCUMENTED_NAMES = [f"{route.method} {route.path}" for route in DOCUMENTED]


def operation(built: dict[str, Any], route: Route) -> dict[str, Any]:
    found: dict[str, Any] = built["paths"][route.path][route.method.lower()]
    return found


def operations(built: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in built["paths"].values():
        yield from item.values()


def test_the_document_is_valid(built: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(built).validate()


def test_the_committed_document_is_what_the_routes_say() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "the routes have changed: make openapi"


def test_every_function_behind_the_gateway_is_in_it() -> None:
    root = Path(__file__).parents[2] / "functions"
    with_routes = {path.parent.name for path in root.glob("*/routes.py")}

    assert {table.function for table in TABLES} == with_routes


def test_there_is_an_operation_for_each_documented_route_and_none_besides(built: dict[str, Any]) -> None:
    there = {f"{method.upper()} {path}" for path, item in built["paths"].items() for method in item}

    assert there == set(DOCUMENTED_NAMES)
    assert len(ROUTES) == len(set(NAMES)), "two functions declare the same route"


def test_a_part_of_a_page_is_an_asset_and_no_operation(built: dict[str, Any]) -> None:
    assets = [route for route in ROUTES if not route.documented]

    assert {route.path for route in assets} == {
        *("/docs/docs.js", "/docs/{bundle}", "/links/links.css", "/links/links.js")
    }
    for route in assets:
        assert route.public
        assert built["x-greenroom-assets"][route.path][route.method.lower()] == {
            "x-greenroom": {"function": route.function, "access": ["public"], "limit": "none"}
        }
    assert sum(map(len, built["x-greenroom-assets"].values())) == len(assets)


@pytest.mark.parametrize("route", DOCUMENTED, ids=DOCUMENTED_NAMES)
def test_a_route_is_public_by_name_or_names_roles_of_people(route: Route, built: dict[str, Any]) -> None:
    found = operation(built, route)
    access = found["x-greenroom"]["access"]

    assert found["x-greenroom"]["function"] == route.function
    if route.public:
        assert access == ["public"]
        assert found["security"] == []
        assert not {"401", "403"} & found["responses"].keys() or "401" in _declared(route)
    else:
        assert access
        assert set(access) <= {str(role) for role in SIGNED_IN | MONITORING}
        schemes = ["bearer", "monitoring"] if "monitor" in access else ["bearer"]
        assert found["security"] == [{scheme: []} for scheme in schemes]
        assert set(schemes) <= built["components"]["securitySchemes"].keys()
        assert {"401", "403"} <= found["responses"].keys()


def _declared(route: Route) -> set[str]:
    return {str(refusal.status) for refusal in route.errors}


@pytest.mark.parametrize("route", DOCUMENTED, ids=DOCUMENTED_NAMES)
def test_every_refusal_of_a_route_is_documented_under_its_status_by_its_code(
    route: Route, built: dict[str, Any]
) -> None:
    responses = operation(built, route)["responses"]

    for refusal in (*implied_refusals(route), *route.errors):
        answer = responses[str(refusal.status)]
        assert refusal.code in answer["x-codes"]
        assert f"`{refusal.code}`: " in answer["description"]
        assert answer["content"]["application/problem+json"]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }
    listed = {code for answer in responses.values() for code in answer.get("x-codes", [])}
    assert listed == {refusal.code for refusal in refusals_of(route)}


@pytest.mark.parametrize("route", DOCUMENTED, ids=DOCUMENTED_NAMES)
def test_what_the_declaration_implies_is_documented(route: Route, built: dict[str, Any]) -> None:
    found = operation(built, route)
    statuses = set(found["responses"])
    headers = {one["name"]: one["required"] for one in found["parameters"] if one["in"] == "header"}

    expected = {"400", "413", "422", "500", "503"}
    expected |= {"415"} if route.body else set()
    expected |= set() if route.public else {"401", "403"}
    expected |= {"404"} if route.path_parameters else set()
    expected |= {"412"} if route.if_match else set()
    expected |= {"428"} if route.if_match == "required" else set()
    expected |= {"304"} if route.etag else set()
    assert expected <= statuses
    assert ("304" in statuses) == route.etag == ("If-None-Match" in headers)
    assert ("Idempotency-Key" in headers) == bool(route.idempotent)
    assert headers.get("Idempotency-Key", False) == (route.idempotent is True)
    assert headers.get("If-Match", False) == (route.if_match == "required")
    assert ("requestBody" in found) == bool(route.body or route.raw)
    in_path = [one["name"] for one in found["parameters"] if one["in"] == "path"]
    assert in_path == route.path_parameters == re.findall(r"{(\w+)}", route.path)
    in_query = {one["name"] for one in found["parameters"] if one["in"] == "query"}
    fields = route.query.model_fields.items() if route.query else ()
    assert in_query == {field.alias or name for name, field in fields}


def test_a_health_check_that_fails_is_documented_with_the_shape_that_it_has(built: dict[str, Any]) -> None:
    for check in ("", "/ready", "/database", "/cache", "/external", "/detailed"):
        path = f"/health{check}"
        responses = built["paths"][path]["get"]["responses"]
        failing = responses["503"]["content"]

        assert failing["application/json"] == responses["200"]["content"]["application/json"]
        assert "application/problem+json" in failing


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(built: dict[str, Any]) -> None:
    names = Counter(found["operationId"] for found in operations(built))

    assert [name for name, times in names.items() if times > 1] == []
    assert all(found["summary"] for found in operations(built))
    tags = {tag["name"] for tag in built["tags"]}
    assert all(set(found["tags"]) <= tags for found in operations(built))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    for inner in node if isinstance(node, list) else []:
        yield from _references(inner)


def test_every_reference_leads_somewhere_and_every_schema_is_referred_to(built: dict[str, Any]) -> None:
    references = set(_references(built))

    for reference in references:
        place: Any = built
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]
    assert {f"#/components/schemas/{name}" for name in built["components"]["schemas"]} == references


def test_every_body_knows_all_its_fields(built: dict[str, Any]) -> None:
    for route in ROUTES:
        if route.body:
            schema = operation(built, route)["requestBody"]["content"]["application/json"]["schema"]
            named = built["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            assert named["additionalProperties"] is False, route.path


def test_all_methods_of_a_resource_belong_to_one_function() -> None:
    owners: dict[str, set[str]] = {}
    for route in ROUTES:
        owners.setdefault(route.path, set()).add(route.function)

    # A preflight goes to one function, which must know all methods of the resource.
    assert {path: found for path, found in owners.items() if len(found) > 1} == {}


def test_a_place_in_a_path_has_one_name_only() -> None:
    names: dict[str, set[str]] = {}
    for route in ROUTES:
        parts = route.path.split("/")
        for number, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:number]), set()).add(part)

    # The gateway refuses a second variable beside the first.
    assert {place: found for place, found in names.items() if len(found) > 1} == {}


def _all_modules() -> None:
    for module in pkgutil.walk_packages(greenroom.__path__, "greenroom."):
        importlib.import_module(module.name)


def _refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for refusal in base.__subclasses__():
        if refusal.__module__.startswith(("greenroom.", "functions.")):
            yield refusal
        yield from _refusals(refusal)


def test_every_code_that_the_project_can_answer_is_documented_somewhere(built: dict[str, Any]) -> None:
    _all_modules()
    codes = {refusal.code for refusal in _refusals()}
    documented = {
        code
        for found in operations(built)
        for answer in found["responses"].values()
        for code in answer.get("x-codes", [])
    }

    assert sorted(codes - documented) == sorted(OF_NO_OPERATION)
    assert documented <= codes


def test_every_refusal_is_complete_and_a_code_has_one_status() -> None:
    _all_modules()
    statuses: dict[str, set[int]] = {}
    for refusal in _refusals():
        assert 400 <= refusal.status < 600
        assert re.fullmatch(r"[a-z_]+", refusal.code)
        assert refusal.title
        statuses.setdefault(refusal.code, set()).add(refusal.status)

    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


@pytest.mark.parametrize("table", TABLES, ids=[table.function for table in TABLES])
def test_a_refusal_that_a_routes_module_raises_itself_is_declared_by_one_of_its_routes(table: Any) -> None:
    root = Path(__file__).parents[2] / "functions"
    tree = ast.parse((root / table.function / "routes.py").read_text("utf-8"))
    known = {refusal.__name__: refusal for refusal in _refusals()}
    raised = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(called, ast.Name) and called.id in known:
                raised.add(known[called.id].code)

    assert raised <= {refusal.code for route in table for refusal in refusals_of(route)}
