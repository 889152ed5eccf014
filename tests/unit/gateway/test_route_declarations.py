"""A declaration that could not work, or that says nothing of who may call, is refused when it is loaded."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from greenroom.actors import Role
from greenroom.gateway.answers import NoContent
from greenroom.gateway.requests import Request
from greenroom.gateway.routes import ADMIN, AGENT, BUYER, MONITORING, PUBLIC, SIGNED_IN, Limit, Routes
from greenroom.identity.principal import Principal
from greenroom.shapes import Body, Query
from greenroom.storage.idempotency import Idempotency


class Thing:
    version = 1


class GoodBody(Body):
    a: int


class LaxBody(BaseModel):
    a: int


class LaxQuery(BaseModel):
    a: int


class GoodQuery(Query):
    a: int = 1


def load(app: Any, principal: Principal, thing_id: str) -> Thing:
    return Thing()


def plain() -> NoContent:
    return NoContent()


def with_principal(principal: Principal) -> NoContent:
    return NoContent()


def with_target(target: Thing) -> NoContent:
    return NoContent()


def with_key(principal: Principal, idempotency: Idempotency) -> NoContent:
    return NoContent()


def with_key_alone(idempotency: Idempotency) -> NoContent:
    return NoContent()


def with_lax_body(body: LaxBody) -> NoContent:
    return NoContent()


def with_lax_query(query: LaxQuery) -> NoContent:
    return NoContent()


def with_stranger(thing_idd: str) -> NoContent:
    return NoContent()


def with_request(request: Request) -> NoContent:
    return NoContent()


def with_request_and_body(request: Request, body: GoodBody) -> NoContent:
    return NoContent()


def load_without_path(app: Any, principal: Principal) -> Thing:
    return Thing()


def load_something_else(app: Any, principal: Principal, other_id: str) -> Thing:
    return Thing()


BAD: dict[str, tuple[str, str, Callable[..., Any], dict[str, Any]]] = {
    "nobody may call": ("GET", "/a", plain, {"access": frozenset()}),
    "the roles rule each other out": ("GET", "/a", plain, {"access": BUYER & AGENT}),
    "all, and a role": ("GET", "/a", with_principal, {"access": PUBLIC | BUYER}),
    "a role of no person": ("GET", "/a", with_principal, {"access": frozenset({Role.CLOCK})}),
    "open, with a principal": ("GET", "/a", with_principal, {"access": PUBLIC}),
    "open, with a key": ("POST", "/a", with_key_alone, {"access": PUBLIC, "idempotent": True}),
    "open, for the verified": ("GET", "/a", plain, {"access": PUBLIC, "verified": True}),
    "a monitor that writes": ("POST", "/a", plain, {"access": MONITORING, "limit": Limit.NONE}),
    "a monitor that is counted": ("GET", "/a", plain, {"access": MONITORING}),
    "closed, without a principal": ("GET", "/a", plain, {"access": BUYER}),
    "a target not taken": ("GET", "/a/{thing_id}", with_principal, {"access": BUYER, "target": load}),
    "a target not declared": ("GET", "/a/{thing_id}", with_target, {"access": BUYER}),
    "a target without the path's id": (
        "GET",
        "/a/{thing_id}",
        with_target,
        {"access": BUYER, "target": load_without_path},
    ),
    "a target of another path": (
        "GET",
        "/a/{thing_id}",
        with_target,
        {"access": BUYER, "target": load_something_else},
    ),
    "a key not taken": ("POST", "/a", with_principal, {"access": BUYER, "idempotent": True}),
    "a key not declared": ("POST", "/a", with_key, {"access": BUYER}),
    "If-Match without a target": ("PUT", "/a", with_principal, {"access": BUYER, "if_match": "required"}),
    "a tag on what is not read": ("POST", "/a", plain, {"access": PUBLIC, "etag": True}),
    "raw, with a body": ("POST", "/a", with_request_and_body, {"access": PUBLIC, "raw": True}),
    "raw, without the request": ("POST", "/a", plain, {"access": PUBLIC, "raw": True}),
    "a body that is not strict": ("POST", "/a", with_lax_body, {"access": PUBLIC}),
    "a query that is not closed": ("GET", "/a", with_lax_query, {"access": PUBLIC}),
    "a parameter of nothing": ("GET", "/a/{thing_id}", with_stranger, {"access": PUBLIC}),
    "a method in lower case": ("get", "/a", plain, {"access": PUBLIC}),
    "the preflight's method": ("OPTIONS", "/a", plain, {"access": PUBLIC}),
    "a path without a slash": ("GET", "a", plain, {"access": PUBLIC}),
    "a path that ends in one": ("GET", "/a/", plain, {"access": PUBLIC}),
    "a parameter in part of a segment": ("GET", "/a/x{thing_id}", plain, {"access": PUBLIC}),
}


@pytest.mark.parametrize(("method", "path", "handler", "options"), BAD.values(), ids=BAD.keys())
def test_a_bad_declaration_is_refused_with_the_routes_name(
    method: str, path: str, handler: Callable[..., Any], options: dict[str, Any]
) -> None:
    routes = Routes("sample")

    with pytest.raises(TypeError, match=f"{method} {path}".replace("{", r"\{")):
        routes.route(method, path, **options)(handler)

    assert list(routes) == []


def test_access_has_no_default() -> None:
    with pytest.raises(TypeError, match="access"):
        Routes("sample").route("GET", "/a")  # type: ignore[call-arg]


def test_the_same_route_twice_is_refused() -> None:
    routes = Routes("sample")
    routes.route("GET", "/a", access=PUBLIC)(plain)

    with pytest.raises(ValueError, match="GET /a is declared twice"):
        routes.route("GET", "/a", access=PUBLIC)(plain)


@pytest.mark.parametrize(
    ("access", "public"),
    [(PUBLIC, True), (BUYER, False), (AGENT | ADMIN, False), (SIGNED_IN, False), (MONITORING, False)],
)
def test_only_the_named_access_to_all_is_public(access: Any, public: bool) -> None:
    routes = Routes("sample")
    handler = plain if public else with_principal
    routes.route("GET", "/a", access=access, limit=Limit.NONE)(handler)

    (route,) = routes
    assert route.public is public


def test_a_good_declaration_is_found_by_method_and_path() -> None:
    routes = Routes("sample")
    routes.route("GET", "/a/{thing_id}", access=BUYER, target=load)(with_target)
    routes.route("POST", "/a/{thing_id}", access=BUYER, target=load, if_match="required")(with_target)

    found = routes.find("GET", "/a/{thing_id}")

    assert found is not None
    assert (found.handler, found.path_parameters) == (with_target, ["thing_id"])
    assert routes.find("GET", "/a/x") is None
    assert routes.find("PUT", "/a/{thing_id}") is None
    assert routes.methods("/a/{thing_id}") == ["GET", "POST"]
    assert routes.methods("/a") == []
