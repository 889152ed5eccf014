"""API3:2023 Broken object property level authorization; ASVS V8.2.3.

Nobody sets what is not theirs to set, and nobody is shown what is not theirs to see.
"""

from typing import Any

import pytest

from tests.security.bodies import resolved, sample
from tests.security.cast import ROLES, Cast
from tests.security.surface import WITH_JSON, Operation
from tests.support.documented import document

# What accounts and bookings have, and what parsers of other languages fall for.
UNASKED = {
    "role": "admin",
    "id": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "verified": True,
    "email_verified": True,
    "disabled": False,
    "price": {"amount": 1, "currency": "EUR"},
    "buyer_id": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "agent_id": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "state": "confirmed",
    "version": 99,
    "password_hash": "x",
    "__proto__": {"role": "admin"},
    "constructor": {"prototype": {"role": "admin"}},
    "$where": "1",
}


def whoever(operation: Operation) -> str:
    """Return somebody who may call the operation about the things of the cast."""
    if operation.public:
        return "anonymous"
    return next(who for who in ("buyer", "agent", "admin") if ROLES[who] in operation.access)


@pytest.mark.parametrize("operation", WITH_JSON, ids=str)
def test_a_property_that_nobody_asked_for_is_refused_by_name(operation: Operation, cast: Cast) -> None:
    own = resolved(operation.body).get("properties", {})
    unasked = {name: value for name, value in UNASKED.items() if name not in own}

    answer = cast.ask(operation, whoever(operation), body={**sample(operation.body), **unasked})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert unasked.keys() <= {error["field"] for error in answer.json()["errors"]}


def test_a_profile_keeps_what_its_owner_may_not_change(cast: Cast) -> None:
    before = cast.client.http.get("/v1/me", headers=cast.bearer("buyer")).json()

    for name in ("role", "email", "email_verified", "id", "created_at"):
        answer = cast.client.http.patch(
            "/v1/me", headers=cast.bearer("buyer"), json={"display_name": "Changed", name: before[name]}
        )
        assert answer.status_code == 422

    assert cast.client.http.get("/v1/me", headers=cast.bearer("buyer")).json() == before


@pytest.mark.parametrize("role", ["admin", "provider", "clock", "BUYER", "", None, ["admin"], 1])
def test_not_even_an_admin_makes_an_admin(role: Any, cast: Cast) -> None:
    _, user_id = cast.new_person()

    answer = cast.client.http.post(
        f"/v1/users/{user_id}/role", headers=cast.bearer("admin"), json={"role": role}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_every_answer_has_a_closed_shape() -> None:
    schemas = document()["components"]["schemas"]
    answered = {
        content["schema"]["$ref"].rpartition("/")[2]
        for item in document()["paths"].values()
        for operation in item.values()
        for answer in operation["responses"].values()
        for media, content in answer.get("content", {}).items()
        if media == "application/json" and "$ref" in content["schema"]
    }

    assert answered
    assert {name for name in answered if schemas[name].get("additionalProperties") is not False} == set()
    secrets = {"password", "password_hash", "refresh_digest", "secret_hash", "credentials_version"}
    for name in answered:
        assert not secrets & schemas[name].get("properties", {}).keys(), name


def test_the_secret_of_a_payment_is_shown_to_its_buyer_alone(cast: Cast) -> None:
    booking = cast.book()
    secret = cast.client.pay(cast.bearer("buyer"), booking["id"]).json()["client_secret"]

    shown = {
        who: cast.client.http.get(f"/v1/bookings/{booking['id']}", headers=cast.bearer(who)).text
        for who in ("buyer", "agent", "admin")
    }
    log = cast.client.http.get(f"/v1/bookings/{booking['id']}/events", headers=cast.bearer("buyer")).text

    assert {who for who, text in shown.items() if secret in text} == {"buyer"}
    assert secret not in log


def test_a_price_that_a_buyer_names_is_a_wish_and_no_price(cast: Cast) -> None:
    price = cast.offering["price"]

    booking = cast.book(budget={"amount": 1, "currency": price["currency"]})

    assert booking["terms"]["total"] == price["amount"]


def test_nobody_is_told_the_address_of_another(cast: Cast) -> None:
    booking_id = cast.lasting["booking_id"]
    mine = cast.client.http.get("/v1/me", headers=cast.bearer("buyer")).json()["email"]

    for path in (f"/v1/bookings/{booking_id}", f"/v1/bookings/{booking_id}/events", "/v1/bookings"):
        shown = cast.client.http.get(path, headers=cast.bearer("agent")).text
        assert mine not in shown
    calendar = cast.client.http.get(f"/v1/bookings/{booking_id}/calendar.ics", headers=cast.bearer("agent"))
    assert mine not in calendar.text
