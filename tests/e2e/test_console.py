"""The console in a real browser, beside the same system used over HTTP."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.system import RunningSystem


@pytest.fixture
def console(watched: Watched, system: RunningSystem) -> Watched:
    watched.page.goto(f"{system.base_url}/")
    expect(watched.page.locator("#pulse")).to_have_text("running")
    return watched


def open_payment(system: RunningSystem) -> tuple[dict[str, Any], dict[str, str], str]:
    """Book the first free time of an instant offering; return the booking, its buyer, the payment's id."""
    buyer = system.log_in("buyer")
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
                "venue": "The Old Theatre",
                "brief": "A birthday",
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


def test_the_console_leads_to_docs_document_and_health(console: Watched, system: RunningSystem) -> None:
    for name in ("API docs", "OpenAPI", "Health", "Ready"):
        address = console.page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert address is not None
        assert system.api.get(address).status_code == 200


def test_a_password_is_shown_only_on_request(console: Watched, system: RunningSystem) -> None:
    accounts = console.page.locator("#accounts")
    password = system.demo["accounts"]["buyer"]["password"]
    expect(accounts).to_contain_text(system.demo["accounts"]["buyer"]["email"])
    expect(accounts).not_to_contain_text(password)

    console.page.get_by_role("button", name="Reveal the password of buyer", exact=True).click()

    expect(accounts).to_contain_text(password)


def test_a_new_mail_appears_by_itself_with_its_link(console: Watched, system: RunningSystem) -> None:
    address = f"{uuid.uuid4().hex}@example.com"
    person = {"email": address, "password": "a long enough secret 7", "display_name": "Ada"}
    assert system.api.post("/v1/auth/register", json=person).status_code == 202

    mail = console.page.locator("#mails details", has_text=address)
    mail.locator("summary").click()

    link = mail.get_by_role("link").first
    expect(link).to_have_attribute("href", re.compile(rf"^{re.escape(system.base_url)}/.*token="))


def test_capturing_a_payment_confirms_the_booking(console: Watched, system: RunningSystem) -> None:
    booking, buyer, payment_id = open_payment(system)
    row = console.page.locator("#payments .row", has_text=payment_id)

    row.get_by_role("button", name="Capture").click()

    expect(console.page.locator("#notice")).to_contain_text("succeeded")
    expect(row).to_have_count(0)
    state = system.api.get(f"/v1/bookings/{booking['id']}", headers=buyer).json()["state"]
    assert state == "confirmed"


def test_a_declined_card_leaves_the_booking_waiting(console: Watched, system: RunningSystem) -> None:
    booking, buyer, payment_id = open_payment(system)
    row = console.page.locator("#payments .row", has_text=payment_id)

    row.get_by_role("button", name="Fail").click()

    expect(console.page.locator("#notice")).to_contain_text(payment_id)
    state = system.api.get(f"/v1/bookings/{booking['id']}", headers=buyer).json()["state"]
    assert state == "awaiting_payment"


def test_a_request_unfolds_to_its_log_line(console: Watched, system: RunningSystem) -> None:
    path = f"/v1/celebrities/{uuid.uuid4().hex}"
    request_id = system.api.get(path).headers["x-request-id"]
    request = console.page.locator("#requests details", has_text=path)

    request.locator("summary").click()

    expect(request.locator("pre")).to_have_count(1)
    expect(request.locator("pre")).to_contain_text(request_id)
    expect(request.locator("pre")).to_contain_text('"category": "request"')


def test_what_is_unfolded_stays_so_when_more_happens(console: Watched, system: RunningSystem) -> None:
    path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(path)
    request = console.page.locator("#requests details", has_text=path)
    request.locator("summary").click()
    expect(request.locator("pre")).to_have_count(1)

    later = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(later)

    expect(console.page.locator("#requests details", has_text=later)).to_be_visible()
    expect(request).to_have_attribute("open", "")


def test_what_others_wrote_stays_text(console: Watched, system: RunningSystem) -> None:
    system.api.get("/v1/<img src=x onerror=alert(1)>")
    system.api.get(f"/v1/{uuid.uuid4().hex}<script>alert(1)</script>")

    expect(console.page.locator("#requests")).to_contain_text("onerror=alert(1)")

    assert console.page.locator("img").count() == 0
    assert console.dialogs == []


def test_the_console_asks_nothing_of_another_host(console: Watched, system: RunningSystem) -> None:
    console.page.wait_for_timeout(500)

    assert console.foreign(system.base_url) == []
    assert console.complaints == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/local/state", "/local/mailbox", "/local/logs"])
def test_no_other_site_can_use_the_local_endpoints(
    system: RunningSystem, headers: dict[str, str], path: str
) -> None:
    assert system.api.get(path, headers=headers).status_code == 403
    assert system.api.post("/local/payments/pay_x/capture", headers=headers).status_code == 403


def test_the_local_endpoints_say_what_they_do_not_know(system: RunningSystem) -> None:
    def status(method: str, path: str) -> int:
        return httpx.request(method, f"{system.base_url}{path}", trust_env=False).status_code

    assert status("POST", "/local/payments/pay_unknown/capture") == 404
    assert status("GET", "/local/payments/pay_unknown/capture") == 404
    assert status("GET", "/local/nothing") == 404
