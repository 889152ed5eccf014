"""Bookings on the wire: what each side sees, and what a request must be made of."""

import json
from typing import Any

import pytest
from pydantic import Secret, ValidationError

from greenroom.actors import Role
from greenroom.bookings.model import Booking, State
from greenroom.bookings.shapes import BookingRequest, PaymentRequest, booking_view, payment_view
from tests.unit.bookings.samples import PAID, booking, payment, refunded, with_proposal

REQUEST = {
    "offering_id": "off_1",
    "start": "2027-03-05T19:00:00",
    "time_zone": "Europe/Paris",
    "venue": "Olympia",
    "brief": "one song",
    "budget": {"amount": 100_000, "currency": "EUR"},
}


def _shown(shown: Booking, role: Role) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(booking_view(shown, role).model_dump_json())
    return document


def test_a_booking_shows_the_whole_contract() -> None:
    shown = _shown(booking(State.AWAITING_PAYMENT, budget=130_000, payments=(payment(),)), Role.BUYER)

    terms = shown.pop("terms")
    assert shown == {
        "id": "bkg_00000000000000000000000004",
        "state": "awaiting_payment",
        "version": 3,
        "celebrity_id": "cel_00000000000000000000000005",
        "celebrity_name": "Zoë Núñez",
        "offering_id": "off_0000000000000000000000000501",
        "offering_title": "Evening appearance",
        "start": "2026-12-01T18:00:00Z",
        "end": "2026-12-01T20:00:00Z",
        "time_zone": "Europe/Paris",
        "turn": None,
        "deadline": "2026-11-02T09:10:00Z",
        "venue": "",
        "brief": "",
        "budget": {"amount": 130_000, "currency": "EUR"},
        "proposal": None,
        "payments": [
            {
                "id": "pay_deposit1",
                "kind": "deposit",
                "state": "pending",
                "amount": {"amount": 25_000, "currency": "EUR"},
                "refunded": {"amount": 0, "currency": "EUR"},
                "refund_due": {"amount": 0, "currency": "EUR"},
                "client_secret": "secret",
            }
        ],
        "balance_due": None,
        "created_at": "2026-11-01T09:00:00Z",
    }
    assert (terms["total"], terms["deposit"], terms["expires_at"]) == (125_000, 25_000, None)


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMIN])
def test_only_the_buyer_sees_the_secret_that_takes_the_payment(role: Role) -> None:
    assert payment_view(payment(), Role.BUYER).client_secret == Secret("secret")
    assert payment_view(payment(), role).client_secret is None
    assert _shown(booking(State.CONFIRMED), role)["payments"][0]["client_secret"] is None


def test_what_is_owed_shows_as_refunded_only_once_it_is() -> None:
    owed = payment_view(refunded(PAID, due=25_000), Role.BUYER)
    assert (owed.refunded.amount, owed.refund_due.amount) == (0, 25_000)
    assert payment_view(refunded(PAID, settled=25_000), Role.BUYER).refunded.amount == 25_000


def test_a_proposed_time_and_whose_turn_it_is_show() -> None:
    shown = _shown(with_proposal(booking(State.CONFIRMED), by=Role.AGENT), Role.BUYER)

    assert (shown["start"], shown["proposal"]["start"]) == ("2026-12-01T18:00:00Z", "2026-12-04T18:00:00Z")
    assert (shown["turn"], shown["proposal"]["version"], shown["terms"]["version"]) == ("buyer", 2, 1)


def test_a_request_with_all_its_fields_or_only_the_needed_ones_is_taken() -> None:
    assert BookingRequest.model_validate_json(json.dumps(REQUEST)).budget is not None
    least = {name: REQUEST[name] for name in ("offering_id", "start", "time_zone")}
    assert BookingRequest.model_validate_json(json.dumps(least)).venue is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"offering_id": None}, ("offering_id",)),
        ({"offering_id": ""}, ("offering_id",)),
        ({"offering_id": "x" * 65}, ("offering_id",)),
        ({"start": 1}, ("start",)),
        ({"start": ""}, ("start",)),
        ({"time_zone": None}, ("time_zone",)),
        ({"venue": ""}, ("venue",)),
        ({"venue": "x" * 201}, ("venue",)),
        ({"brief": "x" * 4001}, ("brief",)),
        ({"budget": 5}, ("budget",)),
        ({"budget": {"amount": "5", "currency": "EUR"}}, ("budget", "amount")),
        ({"budget": {"amount": 1.0, "currency": "EUR"}}, ("budget", "amount")),
        ({"budget": {"amount": True, "currency": "EUR"}}, ("budget", "amount")),
        ({"budget": {"amount": -1, "currency": "EUR"}}, ("budget", "amount")),
        ({"budget": {"amount": 10**12 + 1, "currency": "EUR"}}, ("budget", "amount")),
        ({"budget": {"amount": 1, "currency": "eur"}}, ("budget", "currency")),
        ({"budget": {"amount": 1, "currency": "EUR\n"}}, ("budget", "currency")),
        ({"state": "confirmed"}, ("state",)),
        ({"buyer_id": "usr_1"}, ("buyer_id",)),
    ],
)
def test_a_malformed_request_names_the_field(change: dict[str, Any], field: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        BookingRequest.model_validate_json(json.dumps({**REQUEST, **change}))

    assert [error["loc"] for error in refused.value.errors()] == [field]


@pytest.mark.parametrize("body", ["{}", '{"kind": "tip"}', '{"kind": "deposit", "amount": 1}'])
def test_a_payment_request_names_a_kind_and_nothing_else(body: str) -> None:
    with pytest.raises(ValidationError):
        PaymentRequest.model_validate_json(body)
