"""What the API owes its callers whatever else happens: keys, versions, and nothing for outsiders.

Each deed calls the functions as the gateway does, at any moment of a house in which much else goes on.
"""

import secrets
from datetime import datetime

from greenroom.actors import Actor, Role
from greenroom.identifiers import new_id
from tests.service.bookings.world import World, buyer

OUTSIDERS = (buyer(99), Actor(Role.AGENT, "usr_00000000000000000000000097"))
_STEPS = ("withdraw", "cancel", "reschedule/decline", "accept")


def repeat(caller: World, start: datetime, offering: int) -> str | None:
    """Book twice with one key, and once more with it for something else; return the booking's id, if any."""
    key, wish = secrets.token_hex(8), caller.wish(start, offering)
    first = caller.request(wish, key=key)
    if first.status != 201:
        return None
    before = caller.items()

    again = caller.request(wish, key=key)
    other = caller.request({**wish, "brief": "Something else"}, key=key)

    assert (again.status, again.text, again.headers["Location"]) == (
        201,
        first.text,
        first.headers["Location"],
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert caller.items() == before
    return str(first.body["id"])


def act_upon_an_old_version(caller: World, booking_id: str, choice: int) -> None:
    """Take a step by a version that has passed: it changes nothing."""
    booking = caller.store.get(booking_id)
    before = caller.items()

    deed = _STEPS[choice % len(_STEPS)]
    body = {"terms_version": 1} if deed == "accept" else {}
    answer = caller.act(booking, deed, body, by=buyer(), **{"If-Match": f'"{booking.version - 1}"'})

    assert (answer.status, answer.code) == (412, "precondition_failed")
    assert caller.items() == before


def look_from_outside(caller: World, booking_id: str, choice: int) -> None:
    """Ask for a booking as somebody whom it does not concern: it looks like none."""
    outsider = OUTSIDERS[choice % len(OUTSIDERS)]
    for path in ("", "/events", "/terms", "/refund-preview", "/calendar.ics", "/ledger"):
        seen, none = (
            caller.call("GET", f"/v1/bookings/{{booking_id}}{path}", by=outsider, booking_id=each)
            for each in (booking_id, new_id("bkg", caller.clock()))
        )
        assert seen.status == none.status == 404
        assert seen.text == none.text
    listed = caller.call("GET", "/v1/bookings", by=outsider)
    assert listed.body["items"] == []
