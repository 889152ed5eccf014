"""The route table. One declaration a route, from which dispatch, validation, OpenAPI, the gateway's
resources and the tests all come.

A route function names what it wants, and gets that and nothing else:

- a path parameter, by its name (``str``)
- ``body``: the validated body (a ``Body`` model)
- ``query``: the validated query parameters (a ``Query`` model)
- ``principal``: who calls; a route without access to all must have one
- ``target``: what ``target=`` loaded, after the role and before the body are checked
- ``idempotency``: the keyed request, where ``idempotent=True``
- ``request``: the request as it came, where ``raw=True`` (no JSON decoding)
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

F = TypeVar("F", bound=Callable[..., Any])

Access = frozenset[Role]
PUBLIC: Access = frozenset()
BUYER: Access = frozenset({Role.BUYER})
AGENT: Access = frozenset({Role.AGENT})
ADMIN: Access = frozenset({Role.ADMIN})
SIGNED_IN: Access = BUYER | AGENT | ADMIN

_INJECTED = frozenset({"body", "query", "principal", "target", "idempotency", "request", "app"})
_PARAMETER = re.compile(r"{(\w+)}")


class Limit(StrEnum):
    """The quota that a route counts against."""

    AUTHENTICATION = "authentication"
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
    idempotent: bool
    if_match: Literal["required", "optional"] | None
    raw: bool
    produces: str
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
        return not self.access


class Routes:
    """The routes of one function."""

    def __init__(self, function: str) -> None:
        self.function = function
        self._table: dict[tuple[str, str], Route] = {}

    def __iter__(self) -> Iterator[Route]:
        return iter(self._table.values())

    def find(self, method: str, path: str) -> Route | None:
        """Return the route of a gateway resource, None when it has not that method."""
        return self._table.get((method, path))

    def methods(self, path: str) -> list[str]:
        """Return the methods of a resource; empty when there is no such resource."""
        return [method for method, known in self._table if known == path]

    def route(
        self,
        method: str,
        path: str,
        *,
        access: Access,
        verified: bool = False,
        limit: Limit = Limit.GENERAL,
        target: Callable[..., Any] | None = None,
        idempotent: bool = False,
        if_match: Literal["required", "optional"] | None = None,
        raw: bool = False,
        produces: str = "application/json",
        errors: tuple[type[Refusal], ...] = (),
    ) -> Callable[[F], F]:
        """Declare a route. ``access`` has no default: who may call is said by name, or it is not a route.

        ``target`` is called with the services, the principal and the path parameters, by those names; it
        loads what the route is about or raises ``NotFound``. It must have a ``version`` where ``if_match``
        is given. ``verified`` demands a verified e-mail address. ``errors`` are the refusals beyond those
        that the declaration itself implies.
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
                raw=raw,
                produces=produces,
                errors=errors,
                parameters=parameters,
                returns=signature.return_annotation,
            )
            _check(declared)
            if (method, path) in self._table:
                raise ValueError(f"{method} {path} is declared twice")
            self._table[method, path] = declared
            return handler

        return declare


def _check(route: Route) -> None:
    """Refuse a declaration that could not work, when the function is loaded rather than when it is called."""
    name = f"{route.method} {route.path}"
    wanted = set(route.parameters)
    if unknown := wanted - _INJECTED - set(route.path_parameters):
        raise TypeError(f"{name}: nothing provides {sorted(unknown)}")
    if route.public and (wanted & {"principal", "idempotency"} or route.idempotent):
        raise TypeError(f"{name}: a public route has no principal")
    if not route.public and not wanted & {"principal", "target"}:
        raise TypeError(f"{name}: a route that is not public must use its principal")
    if ("target" in wanted) != (route.target is not None):
        raise TypeError(f"{name}: 'target' must be declared and taken")
    if ("idempotency" in wanted) != route.idempotent:
        raise TypeError(f"{name}: 'idempotency' must be declared and taken")
    if route.if_match and route.target is None:
        raise TypeError(f"{name}: If-Match needs a target with a version")
    if route.raw and (route.body or "request" not in wanted):
        raise TypeError(f"{name}: a raw route takes the request, not a body")
