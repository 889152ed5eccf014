"""The main job as a buyer does it, over the API: log in, find somebody, ask, look at it, log out.

It writes: a booking that is held and not paid, which lapses by itself when its time to pay has passed.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from greenroom.smoke.asking import Answer, Ask, Call, Unexpected, expect, expect_document
from greenroom.smoke.journeys import free_slots

_MOST_TRIED = 10


@dataclass(frozen=True, slots=True)
class Account:
    """A buyer with a verified address and without a second factor."""

    email: str = field(repr=False)
    password: str = field(repr=False)


def check_account(call: Call, account: Account) -> None:
    """Do it all; raise ``Unexpected`` at the first answer that is wrong. The session ends in any case."""
    login = _post("/v1/auth/login", {"email": account.email, "password": account.password})
    token = expect_document(call, login, member="access_token")["access_token"]

    def signed_in(ask: Ask) -> Answer:
        return call(replace(ask, headers={**ask.headers, "Authorization": f"Bearer {token}"}))

    try:
        _book(signed_in)
    finally:
        expect(signed_in, Ask(method="POST", resource="/v1/auth/logout"), 204)


def _book(call: Call) -> None:
    expect_document(call, Ask(resource="/v1/me"), member="email")
    offering_id, start, time_zone = next(_free(call), (None, None, None))
    if offering_id is None:
        raise Unexpected("nobody is free whom one could book at once")
    wish = {"offering_id": offering_id, "start": start, "time_zone": time_zone, "venue": "Online"}
    asked = _post("/v1/bookings", wish)
    asked = replace(asked, headers={**asked.headers, "Idempotency-Key": f"smoke-{secrets.token_hex(8)}"})
    booked = expect_document(call, asked, 201, member="id")
    if booked.get("state") != "awaiting_payment":
        raise Unexpected(f"{asked}: the booking is {booked.get('state')}")
    known = {"booking_id": str(booked["id"])}
    shown = Ask(resource="/v1/bookings/{booking_id}", parameters=known)
    if expect_document(call, shown, member="id") != booked:
        raise Unexpected(f"{shown}: not the booking that was made")
    told = Ask(resource="/v1/bookings/{booking_id}/events", parameters=known)
    if not expect_document(call, told, member="items")["items"]:
        raise Unexpected(f"{told}: nothing has happened")


def _free(call: Call) -> Iterator[tuple[str, str, str]]:
    """Yield offerings that can be booked at once, with a free start and its time zone."""
    listed = expect_document(call, Ask(resource="/v1/celebrities"), member="items")["items"]
    for found in listed[:_MOST_TRIED]:
        known = {"celebrity_id": str(found["id"])}
        profile = Ask(resource="/v1/celebrities/{celebrity_id}", parameters=known)
        shown = expect_document(call, profile, member="offerings")
        for offering in shown["offerings"]:
            if offering["mode"] == "instant":
                asked = free_slots(known["celebrity_id"], str(offering["id"]), days=28)
                for slot in expect_document(call, asked, member="items")["items"][:1]:
                    yield str(offering["id"]), str(slot["start"]), str(shown["time_zone"])


def _post(resource: str, document: dict[str, Any]) -> Ask:
    body = json.dumps(document).encode()
    return Ask(method="POST", resource=resource, headers={"Content-Type": "application/json"}, body=body)
