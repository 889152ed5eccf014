"""What goes on in the system before the loss, and what is asked of it after the restore."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local.restore.api import Answer, Api, DrillFailed

_BUYERS = ("buyer", "buyer2")
_PEOPLE = (*_BUYERS, "agent", "agent2")
_SETTLE_SECONDS = 30.0


@dataclass(slots=True)
class Before:
    """What was there before the loss."""

    bookings: dict[str, set[str]] = field(default_factory=dict)
    """By buyer, the ids of bookings."""
    wish: dict[str, Any] = field(default_factory=dict)
    """A booking that was paid for, as it was asked for."""
    key: str = ""
    booking_id: str = ""
    mails: dict[str, set[str]] = field(default_factory=dict)


def make_bookings(api: Api, count: int) -> Before:
    """Book ``count`` engagements: of three one is paid for, one is not, and one is a request."""
    before = Before()
    tokens = {buyer: api.log_in(buyer) for buyer in _BUYERS}
    offers = _offerings(api)
    for number in range(count):
        mode = "request" if number % 3 == 2 else "instant"
        wish = _wish(api, offers[mode], number)
        buyer, key = _BUYERS[number % 2], f"drill-{number}"
        booking = api.call("POST", "/v1/bookings", wish, token=tokens[buyer], key=key).expect(201).body
        if number % 3 == 0:
            _pay(api, booking["id"], tokens[buyer], key)
            if not before.key:
                before.wish, before.key, before.booking_id = wish, key, booking["id"]
    _await_mails(api)
    before.bookings = {buyer: _booked(api, tokens[buyer]) for buyer in _BUYERS}
    before.mails = {account: api.mails(account) for account in _PEOPLE}
    return before


def ask_again(api: Api, before: Before) -> None:
    """Let the restored system show and do what it must. Raises ``DrillFailed``."""
    tokens = {buyer: api.log_in(buyer) for buyer in _BUYERS}
    if {buyer: _booked(api, tokens[buyer]) for buyer in _BUYERS} != before.bookings:
        raise DrillFailed("the buyers have other bookings than before")
    again = api.call("POST", "/v1/bookings", before.wish, token=tokens["buyer"], key=before.key).expect(201)
    if again.body["id"] != before.booking_id or "Idempotency-Replayed" not in again.headers:
        raise DrillFailed("the repetition of a request from before the loss had an effect of its own")
    refused = api.call("POST", "/v1/bookings", before.wish, token=tokens["buyer2"], key="drill-rival")
    if refused.expect(409).body["code"] != "slot_taken":
        raise DrillFailed("a time that was sold before the loss is not refused as taken")
    wish = _wish(api, _offerings(api)["instant"], 0)
    _pay(api, _book(api, wish, tokens["buyer2"]).body["id"], tokens["buyer2"], "drill-new")
    for account in _PEOPLE:
        if twice := api.mails(account) & before.mails[account]:
            raise DrillFailed(f"{len(twice)} mails to {account} went out a second time")


def _book(api: Api, wish: dict[str, Any], token: str) -> Answer:
    return api.call("POST", "/v1/bookings", wish, token=token, key="drill-new").expect(201)


def _offerings(api: Api) -> dict[str, list[tuple[str, str, str]]]:
    """Return, by mode, celebrity, offering and time zone of everything that can be booked."""
    found: dict[str, list[tuple[str, str, str]]] = {"instant": [], "request": []}
    for listed in api.get("/v1/celebrities", limit="100")["items"]:
        celebrity = api.get(f"/v1/celebrities/{listed['id']}")
        for offering in celebrity["offerings"]:
            found[offering["mode"]].append((celebrity["id"], offering["id"], celebrity["time_zone"]))
    return found


def _wish(api: Api, offerings: list[tuple[str, str, str]], number: int) -> dict[str, Any]:
    """Return a request for a free time in two months or later, if it can be of another offering each time."""
    first = datetime.now(UTC).date() + timedelta(days=60 + number % 30)
    span = {"from": first.isoformat(), "to": (first + timedelta(days=30)).isoformat()}
    turned = number % len(offerings)
    for celebrity_id, offering_id, zone in (*offerings[turned:], *offerings[:turned]):
        path = f"/v1/celebrities/{celebrity_id}/availability"
        # Some are not free in a whole month.
        if slots := api.get(path, offering_id=offering_id, **span)["items"]:
            return {"offering_id": offering_id, "start": slots[0]["start"], "time_zone": zone}
    raise DrillFailed("nobody has free time")


def _pay(api: Api, booking_id: str, token: str, key: str) -> None:
    """Pay the deposit and wait until the booking is confirmed."""
    path = f"/v1/bookings/{booking_id}"
    payment = api.call("POST", f"{path}/payments", {"kind": "deposit"}, token=token, key=f"{key}-pay")
    api.call("POST", f"/local/payments/{payment.expect(201).body['id']}/capture").expect(200)
    give_up = time.monotonic() + _SETTLE_SECONDS
    while api.get(path, token=token)["state"] != "confirmed":
        if time.monotonic() > give_up:
            raise DrillFailed(f"{booking_id} is not confirmed although it was paid for")
        time.sleep(0.05)


def _booked(api: Api, token: str) -> set[str]:
    found: set[str] = set()
    query = {"limit": "100"}
    while True:
        page = api.get("/v1/bookings", token=token, **query)
        found |= {booking["id"] for booking in page["items"]}
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def _await_mails(api: Api) -> None:
    """Wait until the outbox has nothing left to send: for a second no mail has come."""
    give_up, seen, since = time.monotonic() + _SETTLE_SECONDS, -1, time.monotonic()
    while time.monotonic() < give_up:
        count = sum(len(api.mails(account)) for account in _PEOPLE)
        if count != seen:
            seen, since = count, time.monotonic()
        elif time.monotonic() > since + 1:
            return
        time.sleep(0.1)
    raise DrillFailed("mails keep coming")
