"""The console page in a browser: its parts, and what a test does over HTTP for it to show."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.browser import Watched
from tests.support.system import RunningSystem

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"
"""What must stay text wherever it is shown."""
# What the browser says by itself of an address that is not there, which is no complaint of the page.
_NOT_THERE = "Failed to load resource: the server responded with a status of 404"


def section(console: Watched, name: str) -> Locator:
    """Open a section by its tab and return it."""
    console.page.locator(f"#tab-{name}").click()
    return console.page.locator(f"#panel-{name}")


def row(page: Page, kind: str, text: str) -> Locator:
    """A row of a list, found by what it says."""
    return page.locator(f"#{kind} > details", has_text=text).first


def chart(console: Watched, title: str) -> Locator:
    """A chart's drawing area, whose label says in words what it shows."""
    return console.page.get_by_role("img", name=re.compile(f"^{title}: "))


def complaints(console: Watched) -> list[str]:
    return [said for said in console.complaints if not said.startswith(_NOT_THERE)]


def open_payment(
    system: RunningSystem, buyer: dict[str, str] | None = None, *, words: str = "The Old Theatre"
) -> tuple[dict[str, Any], dict[str, str], str]:
    """Book the first free time of an instant offering; return the booking, its buyer, the payment's id."""
    buyer = buyer or system.log_in("buyer")
    for celebrity in system.api.get("/v1/celebrities", params={"limit": 50}).json()["items"]:
        profile = system.api.get(f"/v1/celebrities/{celebrity['id']}").json()
        for offering in profile["offerings"]:
            if offering["mode"] != "instant" or not offering["deposit_share"]:
                continue
            first = date.today() + timedelta(days=30)  # noqa: DTZ011 - any day will do
            span = {"from": str(first), "to": str(first + timedelta(days=20)), "offering_id": offering["id"]}
            free = system.api.get(f"/v1/celebrities/{celebrity['id']}/availability", params=span).json()
            wanted = {
                "offering_id": offering["id"],
                "start": free["items"][0]["start"],
                "time_zone": profile["time_zone"],
                "venue": words,
                "brief": words,
                "budget": offering["price"],
            }
            booking = keyed_post(system, "/v1/bookings", wanted, buyer)
            payment = keyed_post(system, f"/v1/bookings/{booking['id']}/payments", {"kind": "deposit"}, buyer)
            return booking, buyer, payment["id"]
    raise AssertionError("no instant offering with a deposit in the demo data")


def keyed_post(
    system: RunningSystem, path: str, body: dict[str, Any], buyer: dict[str, str]
) -> dict[str, Any]:
    answer = system.api.post(path, json=body, headers={**buyer, "Idempotency-Key": uuid.uuid4().hex})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def new_buyer(system: RunningSystem, name: str) -> tuple[str, dict[str, str]]:
    """Register a buyer and confirm the address; return it, and the header that says who asks."""
    person = {"email": f"{uuid.uuid4().hex}@example.com", "password": "a long enough secret 7"}
    assert system.api.post("/v1/auth/register", json={**person, "display_name": name}).status_code == 202
    token = re.search(r"token=([\w-]+)", system.mails(person["email"])[0]["text"])
    assert token is not None
    assert system.api.post("/v1/auth/verify-email", json={"token": token[1]}).status_code == 204
    answer = system.api.post("/v1/auth/login", json=person).json()
    return person["email"], {"Authorization": f"Bearer {answer['access_token']}"}
