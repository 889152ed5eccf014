"""A small function with one route of each kind, called with the events that the gateway sends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from greenroom.actors import Role
from greenroom.gateway.answers import Content, Created, NoContent, Ok
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.requests import Request
from greenroom.gateway.responses import answer_content, answer_headers
from greenroom.gateway.routes import AGENT, BUYER, PUBLIC, SIGNED_IN, Routes
from greenroom.identity.principal import Principal
from greenroom.refusals import NotFound, Refusal, Unauthenticated
from greenroom.shapes import Body, Money, Query, View
from greenroom.storage.idempotency import Idempotency
from local.events import Received, proxy_event
from local.routes import Match, Resource
from tests.support.gate import gate

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
REQUEST_ID = "11111111-2222-3333-4444-555555555555"
ORIGIN = "https://booking.test"
SECRET = "hunter2@example.com"

PRINCIPALS = {
    "buyer": Principal("usr_buyer", Role.BUYER, "ses_1", verified=True),
    "stranger": Principal("usr_stranger", Role.BUYER, "ses_2", verified=True),
    "unverified": Principal("usr_unverified", Role.BUYER, "ses_3", verified=False),
    "agent": Principal("usr_agent", Role.AGENT, "ses_4", verified=True),
}
"""By the access token that each of them has."""


class Kind(StrEnum):
    STAGE = "stage"
    SCREEN = "screen"


class Order(Body):
    """One field of each type."""

    name: Annotated[str, Field(min_length=1, max_length=20)]
    count: Annotated[int, Field(ge=1, le=10)] = 1
    ratio: float | None = None
    loud: bool | None = None
    kind: Kind | None = None
    price: Money | None = None
    tags: list[str] | None = None


class Filters(Query):
    """Query parameters of each type."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    q: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    kind: Kind | None = None
    from_: Annotated[date | None, Field(alias="from")] = None


class ThingView(View):
    id: str
    version: int


@dataclass
class Thing:
    id: str
    owner: str
    version: int = 3


class Sold(Refusal):
    """The state that an order finds."""

    status, code, title = 409, "sold", "Somebody was faster"


@dataclass
class App:
    """Keeps what the routes were called with; ``sold`` makes every order come too late."""

    things: dict[str, Thing] = field(default_factory=lambda: {"t1": Thing("t1", "usr_buyer")})
    seen: list[Any] = field(default_factory=list)
    kept: dict[Any, Any] = field(default_factory=dict)
    sold: bool = False


routes = Routes("sample")


def own_thing(app: App, principal: Principal, thing_id: str) -> Thing:
    thing = app.things.get(thing_id)
    if thing is None or (principal.role is Role.BUYER and thing.owner != principal.user_id):
        raise NotFound
    return thing


def _made(app: App, idempotency: Idempotency, what: Any) -> Created[ThingView]:
    idempotency.replay(app.kept.get(idempotency.key))
    if app.sold:
        raise Sold
    app.seen.append(what)
    number = len(app.seen)
    made = Created(body=ThingView(id=f"t{number}", version=1), etag="1", location=f"/things/t{number}")
    record = idempotency.record("", status=201, headers=answer_headers(made), body=answer_content(made))
    app.kept[idempotency.key] = record.item
    for thing in app.things.values():
        thing.version += 1
    return made


@routes.route("GET", "/things", access=PUBLIC)
def list_things(query: Filters, app: App) -> Ok[ThingView]:
    """List things."""
    app.seen.append(query)
    return Ok(body=ThingView(id="t1", version=3))


@routes.route("POST", "/things", access=BUYER, verified=True, idempotent=True)
def make_thing(body: Order, idempotency: Idempotency, principal: Principal, app: App) -> Created[ThingView]:
    """Make a thing."""
    return _made(app, idempotency, body)


@routes.route("GET", "/things/{thing_id}", access=SIGNED_IN, target=own_thing, etag=True)
def show_thing(target: Thing) -> Ok[ThingView]:
    """Show a thing."""
    return Ok(body=ThingView(id=target.id, version=target.version), etag=str(target.version))


@routes.route("PUT", "/things/{thing_id}", access=AGENT, target=own_thing, if_match="required")
def change_thing(target: Thing, body: Order, app: App) -> NoContent:
    """Change a thing."""
    if app.sold:
        raise Sold
    app.seen.append(body)
    return NoContent()


@routes.route(
    "POST", "/things/{thing_id}/orders", access=BUYER, target=own_thing, idempotent=True, if_match="optional"
)
def order_thing(target: Thing, body: Order, idempotency: Idempotency, app: App) -> Created[ThingView]:
    """Order a thing."""
    return _made(app, idempotency, target.id)


@routes.route("POST", "/public", access=PUBLIC)
def take_order(body: Order, app: App) -> NoContent:
    """Take an order of anybody."""
    app.seen.append(body)
    return NoContent()


@routes.route("GET", "/public/{name}", access=PUBLIC, etag=True)
def show_public(name: str, app: App) -> Ok[ThingView]:
    """Show anything to anybody."""
    app.seen.append(name)
    return Ok(body=ThingView(id=name, version=1), etag="w1")


@routes.route("POST", "/raw", access=PUBLIC, raw=True)
def take_raw(request: Request, app: App) -> NoContent:
    """Take bytes as they came."""
    app.seen.append(request.body())
    return NoContent()


@routes.route("GET", "/file", access=PUBLIC, produces="text/css")
def show_file(app: App) -> Content:
    """Give bytes."""
    return Content(content=app.seen[0] if app.seen else b"a {}", content_type="text/css")


@routes.route("GET", "/broken", access=PUBLIC)
def break_down(app: App) -> NoContent:
    """Fail as ``app`` says, or in a way that nobody expects."""
    raise app.seen[0] if app.seen else RuntimeError(f"no seat for {SECRET}")


def known(token: str) -> Principal:
    """Know the tokens that are names."""
    if token not in PRINCIPALS:
        raise Unauthenticated
    return PRINCIPALS[token]


def function(app: App | None = None, *, origins: Sequence[str] = (ORIGIN,)) -> Function[App]:
    """Return the function over ``app``."""
    services = app or App()
    return Function(
        routes,
        lambda: Composition(
            app=services, admission=gate(known), cors_origins=tuple(origins), clock=lambda: NOW
        ),
    )


def event(
    method: str,
    path: str,
    *,
    template: str | None = None,
    query: str = "",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> dict[str, Any]:
    """Return the gateway's event. Paths of things are of their templates."""
    found = template or _template(path)
    resource = Resource(found, {method: "sample"})
    parameters = resource.parameters_of(path.lstrip("/").removesuffix("/").split("/")) or {}
    received = Received(method, path, query, tuple(headers), body, "198.51.100.7", 443)
    return proxy_event(received, Match(resource, parameters), request_id=REQUEST_ID, now=NOW)


def _template(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[0] == "things" and len(parts) > 1:
        parts[1] = "{thing_id}"
    elif parts[0] == "public" and len(parts) > 1:
        parts[1] = "{name}"
    return "/" + "/".join(parts)


@dataclass(frozen=True, slots=True)
class Answer:
    """A proxy response."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def told(self) -> tuple[int, str]:
        """The status and the code of a refusal."""
        return self.status, self.body["code"]

    @property
    def fields(self) -> list[str]:
        """The fields that a refusal names."""
        return [error["field"] for error in self.body.get("errors", [])]


def call(
    method: str,
    path: str,
    *,
    app: App | None = None,
    token: str | None = None,
    body: Any = None,
    raw: bytes | None = None,
    query: str = "",
    origins: Sequence[str] = (ORIGIN,),
    **headers: str,
) -> Answer:
    """Call the function. ``body`` goes as JSON, ``raw`` as it is; headers as ``If_Match="…"``."""
    given = [(name.lower().replace("_", "-"), value) for name, value in headers.items()]
    if token is not None:
        given.append(("authorization", f"Bearer {token}"))
    content = json.dumps(body).encode() if raw is None and body is not None else raw or b""
    if content and "Content_Type" not in headers:
        given.append(("content-type", "application/json"))
    return answered(
        function(app, origins=origins)(event(method, path, query=query, headers=given, body=content))
    )


def answered(response: Mapping[str, Any]) -> Answer:
    """Return a proxy response as an answer."""
    assert response.keys() == {"statusCode", "headers", "body", "isBase64Encoded"}
    return Answer(response["statusCode"], response["headers"], response["body"])
