"""Who may call what: every route by everybody, expected from what the route's declaration says.

A new route is covered as soon as it is declared. One about a new kind of thing must say here whose it is.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import Secret

from greenroom.actors import Role
from greenroom.bookings.model import Payment, PaymentKind, PaymentState
from greenroom.bookings.records import booking_item
from greenroom.bookings.refusals import IllegalTransition
from greenroom.bookings.store import BookingStore
from greenroom.catalog.model import Celebrity
from greenroom.gateway.headers import SECURITY_HEADERS
from greenroom.gateway.openapi import refusals_of
from greenroom.gateway.routes import Route
from greenroom.identifiers import new_id
from greenroom.identity.ceremonies import NewCredential
from greenroom.identity.passkeys import Passkeys
from greenroom.storage.writes import Put
from tests.support.emulator import RunningEmulator
from tests.support.functions import ROLES, ROUTES, Answer, RunningFunctions, running_functions
from tests.support.ownership import PREFIXES, SIDES
from tests.support.reference import bundle

pytestmark = pytest.mark.xdist_group("permissions")

EVERYBODY = ["anonymous", "bad token", "monitor", *ROLES]
NAMES = [f"{route.method} {route.path}" for route in ROUTES]

ENDS_OTHER_SESSIONS = {("DELETE", "/v1/auth/sessions"), ("DELETE", "/v1/auth/passkeys/{passkey_id}")}


@dataclass(frozen=True)
class Scene:
    """The functions, and one thing of each kind."""

    running: RunningFunctions
    things: dict[str, str]
    celebrity: Celebrity

    def ask(self, route: Route, who: str, *, missing: bool = False) -> Answer:
        """Call a route with nothing wrong but, where it takes one, an empty body."""
        things = (
            {name: new_id(PREFIXES[name], datetime.now(UTC)) for name in PREFIXES} if missing else self.things
        )
        if "session_id" in route.path_parameters and not missing:
            things = {**things, "session_id": self.running.session("buyer")}
        if "passkey_id" in route.path_parameters and not missing:
            things = {**things, "passkey_id": self._passkey("buyer")}
        if "offering_id" in route.path_parameters and not missing:
            things = {**things, "offering_id": self.running.add_offering(self.celebrity)}
        if "bundle" in route.path_parameters:
            things = {**things, "bundle": bundle()}
        if "block_id" in route.path_parameters and not missing:
            things = {**things, "block_id": self.running.add_block(self.celebrity)}
        if (route.method, route.path) == ("DELETE", "/v1/me") and who in ROLES:
            # Whoever leaves must not be one of the cast.
            who, leaver = f"leaving {who}", ROLES[who]
            self.running.add_person(who, leaver)
        tokens = {"anonymous": None, "bad token": "forged", "monitor": self.running.monitoring_token}
        if who in tokens:
            token = tokens[who]
        else:
            # What writes may end the session.
            token = self.running.token(who) if route.method == "GET" else self.running.log_in(who)
        if (route.method, route.path) in ENDS_OTHER_SESSIONS:
            self.running.forget(who)
        return self.running.call(
            route.method,
            route.path,
            token=token,
            body={} if route.body else None,
            parameters={name: things[name] for name in route.path_parameters},
            Idempotency_Key=secrets.token_hex(8),
            If_Match="*",
        )

    def _passkey(self, who: str) -> str:
        """Give somebody a passkey and return its id."""
        passkeys = Passkeys(self.running.tables, self.running.names["identity"])
        made = NewCredential(secrets.token_urlsafe(), b"never used", 0, backed_up=False)
        user_id = self.running.ids[who]
        self.running.tables.write(*passkeys.adding(user_id, made, name="Key", now=datetime.now(UTC)))
        return passkeys.of(user_id)[-1].id


@pytest.fixture(scope="module")
def scene(emulator: RunningEmulator) -> Iterator[Scene]:
    with running_functions(emulator) as running:
        celebrity = running.add_celebrity("agent")
        booking_id = running.book("buyer", celebrity)
        running.add_person("somebody", Role.BUYER)
        things = {"booking_id": booking_id, "celebrity_id": celebrity.id, "user_id": running.ids["somebody"]}
        things["upload_id"] = running.add_upload("agent")
        yield Scene(running, things, celebrity)


def expected(route: Route, who: str) -> tuple[int, str] | None:
    """Return the refusal that the declaration demands; None when the route must serve."""
    if route.public:
        return None
    if who == "monitor" and Role.MONITOR in route.access:
        return None
    # To every function but one the monitoring token is a token that nobody signed.
    if who not in ROLES:
        return 401, "unauthenticated"
    if ROLES[who] not in route.access:
        return 403, "forbidden"
    if route.target and not all(who in SIDES[name] for name in route.path_parameters):
        return 404, "not_found"
    return None


def _asks_for_more(route: Route) -> bool:
    shapes = [shape for shape in (route.body, route.query) if shape]
    return any(field.is_required() for shape in shapes for field in shape.model_fields.values())


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_route_serves_whom_its_declaration_names_and_nobody_else(
    route: Route, who: str, scene: Scene
) -> None:
    answer = scene.ask(route, who)

    refusal = expected(route, who)
    if refusal:
        assert answer.told == refusal
    elif route.raw:
        assert answer.told == (400, "invalid_signature")
    elif _asks_for_more(route):
        assert answer.told == (422, "invalid_request")
    elif answer.told == (409, "illegal_transition"):
        # Served: it is the booking's state that refuses, and earlier calls of this test have ended it.
        assert IllegalTransition in route.errors
    else:
        assert answer.status in {200, 201, 202, 204}, answer.text
        versioned = route.etag or answer.status == 201 or route.if_match == "required"
        assert ("ETag" in answer.headers) == versioned
    if answer.status >= 400:
        assert answer.told in {(known.status, known.code) for known in refusals_of(route)}
    assert answer.headers.keys() >= SECURITY_HEADERS.keys() | {"X-Request-Id", "X-Correlation-Id"}
    assert "Origin" in answer.headers["Vary"].split(", ")


PUBLIC = [route for route in ROUTES if route.public]


@pytest.mark.parametrize("route", PUBLIC, ids=[f"{route.method} {route.path}" for route in PUBLIC])
def test_a_public_route_answers_everybody_alike(route: Route, scene: Scene) -> None:
    answers = {who: scene.ask(route, who).told for who in EVERYBODY}

    assert len(set(answers.values())) == 1, answers


TARGETED = [route for route in ROUTES if route.target]


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("route", TARGETED, ids=[f"{route.method} {route.path}" for route in TARGETED])
def test_what_is_anothers_looks_exactly_like_what_does_not_exist(
    route: Route, who: str, scene: Scene
) -> None:
    missing = scene.ask(route, who, missing=True)

    if ROLES[who] not in route.access:
        assert missing.told == (403, "forbidden")
        assert missing.but_for_its_id() == scene.ask(route, who).but_for_its_id()
        return
    assert missing.told == (404, "not_found")
    if expected(route, who):
        assert scene.ask(route, who).but_for_its_id() == missing.but_for_its_id()


def test_the_matrix_knows_whose_everything_is() -> None:
    named = {name for route in TARGETED for name in route.path_parameters}

    assert named <= SIDES.keys()
    assert SIDES.keys() == PREFIXES.keys()


def test_nobody_sees_anothers_bookings_in_a_list(scene: Scene) -> None:
    def ids(who: str, query: str = "") -> list[str]:
        answer = scene.running.call("GET", "/v1/bookings", token=scene.running.token(who), query=query)
        assert answer.status == 200
        return [item["id"] for item in answer.body["items"]]

    own = [scene.things["booking_id"]]
    assert [ids(who) for who in ROLES] == [own, [], own, [], []]
    assert [ids(who, "role=agent") for who in ROLES] == [[], [], own, [], []]
    assert [ids(who, "role=buyer") for who in ROLES] == [own, [], [], [], []]


@pytest.mark.parametrize("path", ["/v1/me", "/v1/bookings"])
def test_a_session_that_has_ended_is_over_for_every_function(scene: Scene, path: str) -> None:
    token = scene.running.log_in("buyer")
    before = scene.running.call("GET", path, token=token)
    ended = scene.running.call("POST", "/v1/auth/logout", token=token)

    after = scene.running.call("GET", path, token=token)

    assert (before.status, ended.status) == (200, 204)
    assert after.told == (401, "unauthenticated")


def _paying(scene: Scene, buyer: str, agent: str, days: int) -> str:
    """Return a booking with a pending payment, which has a secret of the buyer's."""
    running = scene.running
    booking_id = running.book(buyer, running.add_celebrity(agent), days=days)
    booking = BookingStore(running.tables, running.names["bookings"]).get(booking_id)
    payment = Payment(
        id=new_id("pay", datetime.now(UTC)),
        kind=PaymentKind.DEPOSIT,
        state=PaymentState.PENDING,
        amount=25_000,
        currency="EUR",
        provider_id="pi_1",
        client_secret=Secret("the buyer's own secret"),
    )
    running.tables.write(Put(running.names["bookings"], booking_item(replace(booking, payments=(payment,)))))
    return booking_id


def _shown(scene: Scene, who: str, booking_id: str) -> list[Answer]:
    token = scene.running.token(who)
    parameters: dict[str, Any] = {"booking_id": booking_id}
    return [
        scene.running.call("GET", "/v1/bookings/{booking_id}", token=token, parameters=parameters),
        scene.running.call("GET", "/v1/bookings", token=token, query="role=agent"),
        scene.running.call("GET", "/v1/bookings", token=token, query="role=buyer"),
    ]


def test_the_secret_of_a_payment_is_its_buyers_alone(scene: Scene) -> None:
    booking_id = _paying(scene, "buyer", "agent", days=20)

    told = {who: "".join(answer.text for answer in _shown(scene, who, booking_id)) for who in ROLES}

    assert [who for who, text in told.items() if "the buyer's own secret" in text] == ["buyer"]


def test_who_was_an_agent_and_is_now_a_buyer_gains_nothing_over_the_old_bookings(scene: Scene) -> None:
    running = scene.running
    running.add_person("changing", Role.AGENT)
    booking_id = _paying(scene, "buyer", "changing", days=30)
    running.token("changing")

    running.operator.grant_role(email=running.emails["changing"], role=Role.BUYER)

    shown = _shown(scene, "changing", booking_id)
    paying = running.call(
        "POST",
        "/v1/bookings/{booking_id}/payments",
        token=running.token("changing"),
        body={"kind": "deposit"},
        parameters={"booking_id": booking_id},
        Idempotency_Key="k",
    )
    assert paying.told == (404, "not_found")
    assert not any("the buyer's own secret" in answer.text for answer in shown)


def test_another_role_bites_at_the_next_request_of_a_session_that_goes_on(scene: Scene) -> None:
    running = scene.running
    running.add_person("rising", Role.BUYER)
    booking: dict[str, Any] = {"body": {}, "Idempotency_Key": "k"}
    before = running.call("POST", "/v1/bookings", token=running.token("rising"), **booking)

    running.operator.grant_role(email=running.emails["rising"], role=Role.AGENT)

    after = running.call("POST", "/v1/bookings", token=running.token("rising"), **booking)
    assert (before.told, after.told) == ((422, "invalid_request"), (403, "forbidden"))
