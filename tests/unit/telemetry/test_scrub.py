"""What texts of our own making may hold, and what is taken out of them."""

from typing import Any

import pytest

from greenroom.telemetry import scrub


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/bookings/{booking_id}/payments/{payment_id}",
        "the end of this sandbox will not be announced",
        "11111111-2222-3333-4444-555555555555",
        f"bkg_01KE{'5X9Q3N7M8Y' * 2}GH",
        "usr_buyer",
        "ThrottlingException",
        "greenroom.gateway.dispatch:Function._serve+12",
        "2026-12-01",
    ],
)
def test_names_of_ours_stay(text: str) -> None:
    assert scrub.text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("mail to ada@example.com failed", "ada"),
        ("ada.lovelace+1@bücher.example", "lovelace"),
        ("card 4242 4242 4242 4242", "4242"),
        ("card 4242-4242-4242-4242.", "4242"),
        ("call +49 170 1234567", "1234567"),
        (".".join(("eyJhbGciOiJFUzI1NiJ9", "eyJzdWIiOiIxIn0", "c2ln")), "eyJ"),
        ("Authorization: Bearer abc", "abc"),
        ("basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("GET https://a.test/b?key=hunter2", "hunter2"),
        ("token rt_x9Zk3LmN0pQrS7tUvWxY12345", "x9Zk3LmN"),
        ("x" * 5000, "x" * 300),
    ],
)
def test_what_people_or_secrets_look_like_goes(text: str, secret: str) -> None:
    assert secret not in scrub.text(text)


def test_a_field_without_a_known_name_is_left_out_and_a_known_one_is_plain() -> None:
    class Text(str):
        def __str__(self) -> str:
            return "ada@example.com"

    given: dict[str, Any] = {"booking_id": "bkg_1", "anything": "hunter2", "status": 3, "limit": None}

    given |= {"reason": Text("x"), "passed": True}
    assert scrub.clean({"contexts": {"circumstances": given}})["contexts"]["circumstances"] == {
        "booking_id": "bkg_1",
        "status": 3,
        "reason": "(withheld)",
        "passed": True,
    }


def nasty(secret: str) -> dict[str, Any]:
    """Return a report with a secret in every place but those that hold code."""
    frame = {"function": "f", "vars": {"a": secret}}
    error = {
        "type": "ValueError",
        "value": secret,
        "stacktrace": {"frames": [frame], "registers": {"a": secret}},
        "mechanism": {"type": "x", "data": {"a": secret}, "meta": {"a": secret}},
        "thread_id": secret,
    }
    return {
        "type": "transaction",
        "tags": {"route": "GET /a", "anything": secret},
        "user": {"id": "usr_1", "email": secret, "ip_address": secret, "username": secret},
        "request": {"url": secret, "headers": {"Cookie": secret}, "data": secret, "query_string": secret},
        "extra": {"a": secret},
        "contexts": {
            "body": {"a": secret},
            "circumstances": {"anything": secret},
            "trace": {"trace_id": secret, "data": {"a": secret}, "dynamic_sampling_context": {"a": secret}},
        },
        "breadcrumbs": {
            "values": [
                {"category": secret, "message": secret},
                {"category": "table", "message": "GetItem", "data": {"key": secret}, "type": secret},
            ]
        },
        "exception": {"values": [error]},
        "threads": {"values": [error]},
        "modules": {secret: secret},
        "server_name": secret,
        "spans": [{"op": "table", "span_id": secret, "data": {"a": secret}, "tags": {"a": secret}}],
        "sdk": {"name": "sentry.python", "packages": [secret]},
        "_meta": {"a": secret},
        secret: secret,
    }


def test_of_a_report_only_the_places_that_are_ours_to_fill_remain() -> None:
    cleaned = scrub.clean(nasty("hunter2@example.com"))

    assert "hunter2" not in repr(cleaned)
    assert cleaned["tags"] == {"route": "GET /a"}
    assert cleaned["user"] == {"id": "usr_1"}
    assert cleaned["exception"]["values"][0]["stacktrace"] == {"frames": [{"function": "f", "in_app": False}]}
    assert cleaned["exception"]["values"][0]["value"] == "(withheld)"
    assert [crumb["message"] for crumb in cleaned["breadcrumbs"]["values"]] == ["GetItem"]
    assert cleaned["spans"] == [{"op": "table"}]


def test_an_event_is_made_anew_and_the_given_one_is_left_as_it_is() -> None:
    event: dict[str, Any] = {
        "event_id": "1",
        "request": {"data": "hunter2"},
        "user": {"id": "usr_1", "email": "x"},
    }
    before = repr(event)

    cleaned = scrub.clean(event)

    assert (cleaned["event_id"], cleaned["user"]) == ("1", {"id": "usr_1"})
    assert "request" not in cleaned
    assert repr(event) == before
