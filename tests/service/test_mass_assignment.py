"""No field or parameter that a route does not know is taken, whatever it is called: nothing is written."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from functions.auth.passkey_shapes import NewPasskeyBody, PasskeyLoginBody
from functions.auth.shapes import (
    AddressBody,
    LoginBody,
    NewPasswordBody,
    PasswordChangeBody,
    ProfileBody,
    RefreshBody,
    RegistrationBody,
    RoleBody,
    TokenBody,
)
from functions.auth.totp_routes import CodeBody
from greenroom.actors import Role
from greenroom.bookings.negotiation_shapes import AcceptBody, OfferBody, ReasonBody, RescheduleBody
from greenroom.bookings.shapes import BookingRequest, PaymentRequest, RefundBody
from greenroom.catalog.block_shapes import BlockBody
from greenroom.catalog.roster_shapes import CelebrityBody, CelebrityChange, OfferingBody, OfferingChange
from greenroom.catalog.schedule_shapes import ScheduleBody
from greenroom.gateway.routes import Route
from greenroom.identity.ceremonies import NewCredential
from greenroom.identity.passkeys import Passkeys
from greenroom.uploads.shapes import UploadBody
from tests.support.all_items import all_items
from tests.support.emulator import RunningEmulator
from tests.support.functions import ROLES, ROUTES, Answer, RunningFunctions, running_functions

pytestmark = pytest.mark.xdist_group("permissions")

FIELDS = ("role", "id", "version", "agent_id", "__proto__", "state")
_CREDENTIAL = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"}

# One good body of each shape; a new shape must be added here.
BODIES: dict[type[BaseModel], dict[str, Any]] = {
    RegistrationBody: {"email": "x@example.com", "password": "a green room of my own", "display_name": "X"},
    TokenBody: {"token": "x"},
    LoginBody: {"email": "x@example.com", "password": "a green room of my own"},
    RefreshBody: {"refresh_token": "x"},
    AddressBody: {"email": "x@example.com"},
    NewPasswordBody: {"token": "x", "new_password": "a green room of my own"},
    PasswordChangeBody: {"current_password": "x", "new_password": "x", "end_other_sessions": True},
    ProfileBody: {"display_name": "Somebody else"},
    RoleBody: {"role": "agent"},
    CodeBody: {"code": "000000"},
    NewPasskeyBody: {
        "credential": {**_CREDENTIAL, "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"}},
        "name": "Key",
    },
    PasskeyLoginBody: {
        "credential": {
            **_CREDENTIAL,
            "response": {
                "clientDataJSON": "AAAA",
                "authenticatorData": "AAAA",
                "signature": "AAAA",
                "userHandle": "AAAA",
            },
        }
    },
    BookingRequest: {
        "offering_id": "off_00000000000000000000000000001",
        "start": "2046-12-01T18:00:00Z",
        "time_zone": "UTC",
        "budget": {"amount": 1, "currency": "EUR"},
    },
    PaymentRequest: {"kind": "deposit"},
    OfferBody: {
        "fee": 1,
        "deposit": 0,
        "currency": "EUR",
        "exclusivity": {"radius_km": 1, "days": 1},
    },
    AcceptBody: {"terms_version": 1},
    RefundBody: {"amount": {"amount": 1, "currency": "EUR"}},
    RescheduleBody: {"start": "2046-12-01T18:00:00Z", "time_zone": "UTC"},
    ReasonBody: {"reason": "Rain"},
    CelebrityBody: {
        "name": "X",
        "category": "music",
        "country": "FR",
        "time_zone": "Europe/Paris",
        "languages": ["fr"],
    },
    CelebrityChange: {"bio": "Changed"},
    OfferingBody: {
        "title": "X",
        "kind": "appearance",
        "mode": "request",
        "duration_minutes": 60,
        "slot_minutes": 60,
        "price": {"amount": 1, "currency": "EUR"},
        "deposit_share": 0,
        "cancellation_policy": [{"days_before": 1, "refund_share": 0}],
    },
    BlockBody: {"start": "2046-12-01T18:00:00Z", "end": "2046-12-02T18:00:00Z"},
    ScheduleBody: {
        "weekly": [{"weekday": 0, "start": "09:00", "end": "17:00"}],
        "overrides": [{"date": "2027-12-24", "windows": []}],
    },
    OfferingChange: {"price": {"amount": 1, "currency": "EUR"}},
    UploadBody: {"purpose": "photo", "content_type": "image/png", "size": 1},
}
NESTED: dict[type[BaseModel], tuple[str, ...]] = {
    BookingRequest: ("budget",),
    OfferBody: ("exclusivity",),
    RefundBody: ("amount",),
    OfferingBody: ("price",),
    OfferingChange: ("price",),
}
"""Where a body has objects within. A credential is what a browser makes it, and drops what we do not read."""


def nameof(route: Route) -> str:
    return f"{route.method} {route.path}"


WITH_BODY = [route for route in ROUTES if route.body]


@dataclass(frozen=True)
class Scene:
    """The functions, and one thing of each kind that a path may name."""

    running: RunningFunctions
    things: dict[str, str]

    def ask(self, route: Route, body: Any, query: str = "") -> Answer:
        """Call a route as somebody who may, with nothing wrong but what is given."""
        # An agent sees the celebrities; where several roles may, the buyer has the booking.
        who = None if route.public else next(who for who in ROLES if ROLES[who] in route.access)
        return self.running.call(
            route.method,
            route.path,
            token=self.running.token(who) if who else None,
            body=body,
            query=query,
            parameters={name: self.things[name] for name in route.path_parameters},
            Idempotency_Key=secrets.token_hex(8),
            If_Match="*",
        )

    def written(self) -> dict[str, list[str]]:
        """Return every item of every table."""
        return {
            name: sorted(map(repr, all_items(self.running.tables.client, table)))
            for name, table in self.running.names.items()
        }


def _passkey(running: RunningFunctions, who: str) -> str:
    passkeys = Passkeys(running.tables, running.names["identity"])
    made = NewCredential(secrets.token_urlsafe(), b"never used", 0, backed_up=False)
    running.tables.write(*passkeys.adding(running.ids[who], made, name="Key", now=datetime.now(UTC)))
    return passkeys.of(running.ids[who])[0].id


@pytest.fixture(scope="module")
def scene(emulator: RunningEmulator) -> Iterator[Scene]:
    with running_functions(emulator) as running:
        celebrity = running.add_celebrity("agent")
        running.add_person("somebody", Role.BUYER)
        for who in ROLES:
            running.token(who)
        things = {
            "booking_id": running.book("buyer", celebrity),
            "celebrity_id": celebrity.id,
            "user_id": running.ids["somebody"],
            "session_id": running.session("buyer"),
            "passkey_id": _passkey(running, "buyer"),
            "offering_id": running.add_offering(celebrity),
            "block_id": running.add_block(celebrity),
            "upload_id": running.add_upload("agent"),
            "bundle": "any.js",
        }
        yield Scene(running, things)


def test_every_shape_of_a_body_has_a_good_one_here() -> None:
    assert {route.body for route in WITH_BODY} == BODIES.keys()
    for shape, body in BODIES.items():
        shape.model_validate(body, strict=False)


@pytest.mark.parametrize("route", WITH_BODY, ids=nameof)
def test_no_unknown_field_is_taken_and_none_has_an_effect(route: Route, scene: Scene) -> None:
    assert route.body
    body, before = BODIES[route.body], scene.written()

    for field in (field for field in FIELDS if field not in route.body.model_fields):
        for place in ((), *((inner,) for inner in NESTED.get(route.body, ()))):
            sent = {**body, field: "admin"}
            if place:
                sent = {**body, place[0]: {**body[place[0]], field: "admin"}}
            answer = scene.ask(route, sent)

            assert answer.told == (422, "invalid_request"), field
            assert [error["field"] for error in answer.body["errors"]] == [".".join([*place, field])]
    assert scene.written() == before


@pytest.mark.parametrize("route", ROUTES, ids=nameof)
def test_no_unknown_parameter_is_taken_and_none_has_an_effect(route: Route, scene: Scene) -> None:
    body = BODIES[route.body] if route.body else None
    known = set(route.query.model_fields) if route.query else set()
    before = scene.written()

    for field in (field for field in FIELDS if field not in known):
        answer = scene.ask(route, body, query=f"{field}=admin")

        assert answer.told == (422, "invalid_request"), field
        assert field in [error["field"] for error in answer.body["errors"]]
    assert scene.written() == before
