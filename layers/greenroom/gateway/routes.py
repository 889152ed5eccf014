"""The route table. One declaration a route, from which dispatch, validation, OpenAPI, the gateway's
resources and the tests all come.

A route function names what it wants, and gets that and nothing else:

- a path parameter, by its name (``str``)
- ``body``: the validated body (a ``Body`` model)
- ``query``: the validated query parameters (a ``Query`` model)
- ``principal``: who calls; a route without access to all must have one
- ``target``: what ``target=`` loaded, after the role and before the body are checked
- ``idempotency``: the keyed request, where ``idempotent=True``; where it is ``"optional"``, perhaps None
- ``request``: the request as it came; with ``raw=True`` no JSON is decoded from its body
- ``app``: the function's services
"""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from greenroom.actors import Role
from greenroom.refusals import Refusal
from greenroom.shapes import Body, Query

F = TypeVar("F", bound=Callable[..., Any])


class Everyone(StrEnum):
    """Not a role: what makes a route public is a word of its own, so that no empty set ever does."""

    PUBLIC = "public"


Access = frozenset[Role | Everyone]
PUBLIC: Access = frozenset({Everyone.PUBLIC})
BUYER: Access = frozenset({Role.BUYER})
AGENT: Access = frozenset({Role.AGENT})
ADMIN: Access = frozenset({Role.ADMIN})
SIGNED_IN: Access = BUYER | AGENT | ADMIN
MONITORING: Access = ADMIN | frozenset({Role.MONITOR})
"""An admin, or what watches the system by the monitoring token."""

Idempotent = bool | Literal["optional"]
"""Whether a route needs an ``Idempotency-Key``, or takes one."""

_INJECTED = frozenset({"body", "query", "principal", "target", "idempotency", "request", "app"})
_PARAMETER = re.compile(r"{(\w+)}")
_PATH = re.compile(r"(/([A-Za-z0-9._-]+|{\w+}))+")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class Limit(StrEnum):
    """The quota that a route counts against."""

    AUTHENTICATION = "authentication"
    PASSWORD_RESET = "password_reset"  # pragma: allowlist secret # noqa: S105 - a name
    UPLOADS = "uploads"
    GENERAL = "general"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One declared route; see the module's text for what ``parameters`` may hold."""

    function: str
    method: str
    path: str
    handler: Callable[..., Any]
    access: Access
    verified: bool
    limit: Limit
    target: Callable[..., Any] | None
    idempotent: Idempotent
    if_match: Literal["required", "optional"] | None
    etag: bool
    raw: bool
    produces: tuple[str, ...]
    documented: bool
    errors: tuple[type[Refusal], ...]
    parameters: dict[str, Any] = field(repr=False)
    returns: Any = field(repr=False)

    @property
    def path_parameters(self) -> list[str]:
        """The names in the path's braces, in order."""
        return _PARAMETER.findall(self.path)

    @property
    def body(self) -> type[BaseModel] | None:
        """The model of the body, None where there is none."""
        return self.parameters.get("body")

    @property
    def query(self) -> type[BaseModel] | None:
        """The model of the query parameters, None where the route takes none."""
        return self.parameters.get("query")

    @property
    def public(self) -> bool:
        """Whether the route is open to callers without a token."""
        return self.access == PUBLIC


class Routes:
    """The routes of one function."""

    def __init__(self, function: str) -> None:
        self.function = function
        self._table: dict[str, dict[str, Route]] = {}
        """By resource and method: a request costs the same among however many."""

    def __iter__(self) -> Iterator[Route]:
        return (route for resource in self._table.values() for route in resource.values())

    def find(self, method: str, path: str) -> Route | None:
        """Return the route of a gateway resource, None when it has not that method."""
        return self._table.get(path, {}).get(method)

    def methods(self, path: str) -> list[str]:
        """Return the methods of a resource; empty when there is no such resource."""
        return list(self._table.get(path, ()))

    def route(
        self,
        method: str,
        path: str,
        *,
        access: Access,
        verified: bool = False,
        limit: Limit = Limit.GENERAL,
        target: Callable[..., Any] | None = None,
        idempotent: Idempotent = False,
        if_match: Literal["required", "optional"] | None = None,
        etag: bool = False,
        raw: bool = False,
        produces: str | tuple[str, ...] = "application/json",
        documented: bool = True,
        errors: tuple[type[Refusal], ...] = (),
    ) -> Callable[[F], F]:
        """Declare a route. ``access`` has no default: who may call is said by name, or it is not a route.

        ``target`` is called with the services, the principal and the path parameters, by those names; it
        loads what the route is about or raises ``NotFound``. It must have a ``version`` where ``if_match``
        is given. ``etag`` says that the answers of a GET have one, and that ``If-None-Match`` is answered.
        ``verified`` demands a verified e-mail address. ``produces`` are the media types of an answer that
        is no JSON; who asks chooses among several by ``Accept``. ``documented=False`` is for a part of a
        page: the gateway serves it, and the document lists it as an asset instead of as an operation.
        ``errors`` are the refusals beyond those that the declaration itself implies.
        """

        def declare(handler: F) -> F:
            signature = inspect.signature(handler, eval_str=True)
            parameters = {name: parameter.annotation for name, parameter in signature.parameters.items()}
            declared = Route(
                function=self.function,
                method=method,
                path=path,
                handler=handler,
                access=access,
                verified=verified,
                limit=limit,
                target=target,
                idempotent=idempotent,
                if_match=if_match,
                etag=etag,
                raw=raw,
                produces=(produces,) if isinstance(produces, str) else produces,
                documented=documented,
                errors=errors,
                parameters=parameters,
                returns=signature.return_annotation,
            )
            _check(declared)
            resource = self._table.setdefault(path, {})
            if method in resource:
                raise ValueError(f"{method} {path} is declared twice")
            resource[method] = declared
            return handler

        return declare


def _check(route: Route) -> None:
    """Refuse a declaration that could not work, when the function is loaded rather than when it is called."""
    name = f"{route.method} {route.path}"
    for fault in _faults(route, frozenset(route.parameters)):
        raise TypeError(f"{name}: {fault}")


def _faults(route: Route, wanted: frozenset[str]) -> Iterator[str]:
    if route.method not in _METHODS or not _PATH.fullmatch(route.path):
        yield "not a method and a path of the gateway's"
    if route.etag and route.method != "GET":
        yield "only what is read answers If-None-Match"
    if unknown := wanted - _INJECTED - set(route.path_parameters):
        yield f"nothing provides {sorted(unknown)}"
    yield from _access_faults(route, wanted)
    yield from _target_faults(route, wanted)
    if ("idempotency" in wanted) != bool(route.idempotent):
        yield "'idempotency' must be declared and taken"
    if route.raw and (route.body or "request" not in wanted):
        yield "a raw route takes the request, not a body"
    if route.body and not issubclass(route.body, Body):
        yield "the body must be a Body, which is strict"
    if route.query and not issubclass(route.query, Query):
        yield "the query must be a Query, which knows all its parameters"


def _access_faults(route: Route, wanted: frozenset[str]) -> Iterator[str]:
    if not route.public and (not route.access or route.access - (SIGNED_IN | MONITORING)):
        yield "access is PUBLIC, or roles of people and the monitor"
    if route.public and (wanted & {"principal", "idempotency"} or route.idempotent or route.verified):
        yield "a public route has no principal"
    # What a monitor may see is nobody's own.
    monitored = Role.MONITOR in route.access
    if monitored and (route.method != "GET" or route.limit is not Limit.NONE):
        yield "a monitor only reads, and is not counted"
    if not route.public and not monitored and not wanted & {"principal", "target"}:
        yield "a route that is not public must use its principal"


def _target_faults(route: Route, wanted: frozenset[str]) -> Iterator[str]:
    if ("target" in wanted) != (route.target is not None):
        yield "'target' must be declared and taken"
    if route.target is None:
        if route.if_match:
            yield "If-Match needs a target with a version"
    elif set(inspect.signature(route.target).parameters) != {"app", "principal", *route.path_parameters}:
        yield "the target must take app, principal and the path's parameters"
