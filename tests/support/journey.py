"""The main job over HTTP, step by step, on whatever system the client speaks with."""

import time
from typing import Any

import httpx

from tests.support.client import Client
from tests.support.system import RunningSystem

CELEBRITY = "mara-voss"


def main_job(client: Client, buyer: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find a slot, book it, pay for it. Return the confirmed booking and the mail that says so."""
    http = client.http
    found = http.get("/v1/celebrities", params={"q": CELEBRITY.replace("-", " ")}).json()["items"]
    assert [celebrity["slug"] for celebrity in found] == [CELEBRITY]
    offering, slots = client.slots(CELEBRITY, days_ahead=10)

    booked = client.book(buyer, offering["id"], slots[3]["start"], venue="Online", brief="For Oma")
    booking = booked.json()
    assert booked.status_code == 201
    assert booked.headers["ETag"] == '"1"'
    assert booked.headers["Location"] == f"/v1/bookings/{booking['id']}"
    assert booking["state"] == "awaiting_payment"

    payment = client.pay(buyer, booking["id"]).json()
    assert payment["amount"] == {"amount": booking["terms"]["deposit"], "currency": "EUR"}
    assert http.post(f"/local/payments/{payment['id']}/capture").status_code == 200

    confirmed: dict[str, Any] = http.get(f"/v1/bookings/{booking['id']}", headers=buyer).json()
    assert confirmed["state"] == "confirmed"
    events = http.get(f"/v1/bookings/{booking['id']}/events", headers=buyer).json()["items"]
    assert [event["type"] for event in events] == ["booked", "payment_started", "confirmed"]
    assert confirmed["version"] == len(events)
    calendar = http.get(f"/v1/bookings/{booking['id']}/calendar.ics", headers=buyer)
    assert f"UID:{booking['id']}@" in calendar.text
    _, left = client.slots(CELEBRITY, days_ahead=10)
    assert slots[3]["start"] not in {slot["start"] for slot in left}

    me = http.get("/v1/me", headers=buyer).json()["email"]
    return confirmed, wait_for_mail(client.system, me, "Confirmed:")


def negotiation(client: Client, buyer: dict[str, str], agent: dict[str, str]) -> None:
    """Ask for an offer, counter it, pay what was agreed on, and call it off."""
    http = client.http
    offering, slots = client.slots(CELEBRITY, days_ahead=40, mode="request")
    asked = client.book(buyer, offering["id"], slots[0]["start"], venue="At home", brief="For Oma")
    assert (asked.status_code, asked.json()["state"]) == (201, "requested")
    path = f"/v1/bookings/{asked.json()['id']}"

    def step(who: dict[str, str], deed: str, body: dict[str, Any], before: httpx.Response) -> httpx.Response:
        headers = {**who, "If-Match": before.headers["ETag"]}
        answer = http.post(f"{path}/{deed}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer

    terms = {"fee": 1_900_000, "deposit": 500_000, "currency": "EUR"}
    offered = step(agent, "offers", terms | {"travel": 80_000}, asked)
    countered = step(buyer, "offers", terms, offered)
    accepted = step(agent, "accept", {"terms_version": countered.json()["terms"]["version"]}, countered)
    assert accepted.json()["state"] == "awaiting_payment"
    written = http.get(f"{path}/terms", headers=buyer).json()["items"]
    assert [(each["by"], each["total"]) for each in written] == [("agent", 1_980_000), ("buyer", 1_900_000)]

    payment = client.pay(buyer, asked.json()["id"]).json()
    assert payment["amount"]["amount"] == 500_000
    assert http.post(f"/local/payments/{payment['id']}/capture").status_code == 200
    confirmed = http.get(path, headers=agent)
    assert confirmed.json()["state"] == "confirmed"
    cancelled = step(agent, "cancel", {"reason": "A flood"}, confirmed).json()
    assert (cancelled["state"], cancelled["refund"]["amount"]) == ("cancelled", 500_000)
    wait_for_mail(client.system, http.get("/v1/me", headers=buyer).json()["email"], "Cancelled:")


def wait_for_mail(system: RunningSystem, to: str, subject: str) -> dict[str, Any]:
    """Return the newest mail with that beginning of a subject; the outbox needs a moment."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        for mail in system.mails(to):
            if mail["subject"].startswith(subject):
                return mail
        time.sleep(0.1)
    raise AssertionError(f"no mail {subject!r} to {to}")
