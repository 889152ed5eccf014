"""The console in a real browser, beside the same system used over HTTP."""

import re
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.console import SCRIPT, chart, complaints, new_buyer, open_payment, row, section
from tests.support.system import RunningSystem


def test_the_console_leads_to_docs_document_and_health(console: Watched, system: RunningSystem) -> None:
    for name in ("API docs", "OpenAPI", "Health", "Ready"):
        address = console.page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert address is not None
        assert system.api.get(address).status_code == 200


def test_a_password_is_shown_or_copied_only_on_request(console: Watched, system: RunningSystem) -> None:
    console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    accounts = section(console, "accounts")
    account = system.demo["accounts"]["buyer"]
    expect(accounts).to_contain_text(account["email"])
    expect(accounts).not_to_contain_text(account["password"])

    accounts.get_by_role("button", name="Copy the password of buyer", exact=True).click()
    expect(console.page.locator("#notice")).to_have_text("Copied the password of buyer.")
    assert console.page.evaluate("navigator.clipboard.readText()") == account["password"]
    expect(accounts).not_to_contain_text(account["password"])

    accounts.get_by_role("button", name="Reveal the password of buyer", exact=True).click()
    expect(accounts).to_contain_text(account["password"])


def test_a_new_mail_appears_by_itself_with_its_link(console: Watched, system: RunningSystem) -> None:
    mails = section(console, "mail")
    address = f"{uuid.uuid4().hex}@example.com"
    person = {"email": address, "password": "a long enough secret 7", "display_name": "Ada"}
    assert system.api.post("/v1/auth/register", json=person).status_code == 202

    mail = mails.locator("details", has_text=address)
    mail.locator("summary").click()

    link = mail.get_by_role("link").first
    expect(link).to_have_attribute("href", re.compile(rf"^{re.escape(system.base_url)}/.*token="))


def test_capturing_a_payment_confirms_the_booking(console: Watched, system: RunningSystem) -> None:
    booking, buyer, payment_id = open_payment(system)
    waiting = console.page.locator("#payments .row", has_text=payment_id)

    waiting.get_by_role("button", name="Capture").click()

    expect(console.page.locator("#notice")).to_contain_text("succeeded")
    expect(waiting).to_have_count(0)
    state = system.api.get(f"/v1/bookings/{booking['id']}", headers=buyer).json()["state"]
    assert state == "confirmed"
    section(console, "metrics")
    expect(chart(console, "Bookings by transition")).to_have_attribute(
        "aria-label", re.compile("confirmed [1-9]")
    )


def test_a_declined_card_leaves_the_booking_waiting(console: Watched, system: RunningSystem) -> None:
    booking, buyer, payment_id = open_payment(system)
    waiting = console.page.locator("#payments .row", has_text=payment_id)

    waiting.get_by_role("button", name="Fail").click()

    expect(console.page.locator("#notice")).to_contain_text(payment_id)
    state = system.api.get(f"/v1/bookings/{booking['id']}", headers=buyer).json()["state"]
    assert state == "awaiting_payment"


def test_the_tabs_are_used_with_the_keyboard(console: Watched, system: RunningSystem) -> None:
    page = console.page
    request_path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(request_path)
    page.locator("#tab-payments").focus()

    for key, name in [
        ("ArrowRight", "negotiation"),
        ("End", "accounts"),
        ("ArrowRight", "payments"),
        ("ArrowLeft", "accounts"),
    ]:
        page.keyboard.press(key)
        expect(page.locator(f"#tab-{name}")).to_be_focused()
        expect(page.locator(f"#tab-{name}")).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel")).to_have_count(1)
        expect(page.locator(f"#panel-{name}")).to_be_visible()

    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    request = row(page, "requests", request_path)
    request.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(request.locator("article.line")).to_have_count(1)


def test_what_is_unfolded_stays_where_it_is_when_more_happens(
    console: Watched, system: RunningSystem
) -> None:
    path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(path)
    section(console, "requests")
    request = row(console.page, "requests", path)
    request.locator("summary").first.click()
    expect(request.locator("article.line")).to_have_count(1)
    request.locator(".whole summary").click()
    before = request.bounding_box()

    later = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(later)
    expect(row(console.page, "requests", later)).to_be_attached()

    assert request.bounding_box() == before
    expect(request).to_have_attribute("open", "")
    expect(request.locator(".whole")).to_have_attribute("open", "")


def test_the_address_leads_to_a_section_and_what_one_reads_there_can_be_held_still(
    watched: Watched, system: RunningSystem
) -> None:
    page = watched.page
    page.clock.install()
    page.goto(f"{system.base_url}/#requests")
    expect(page.locator("#pulse")).to_have_text("running")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#pulse")).to_have_text("paused")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Requests")
    path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(path)
    asked = len(watched.asked)

    page.clock.run_for(60_000)
    assert len(watched.asked) == asked
    page.get_by_role("button", name="Pause").click()

    expect(row(page, "requests", path)).to_be_visible()


def test_what_others_wrote_stays_text(console: Watched, system: RunningSystem) -> None:
    address, buyer = new_buyer(system, SCRIPT)
    booking, _, payment_id = open_payment(system, buyer, words=SCRIPT)
    system.api.post(f"/local/payments/{payment_id}/capture")
    system.api.get(f"/v1/{SCRIPT}")
    page = console.page

    section(console, "mail")
    mail = page.locator("#mails > details", has_text=address).filter(has_text="Confirmed").first
    mail.locator("summary").first.click()
    expect(mail).to_contain_text(f"Hello {SCRIPT}")
    expect(mail).to_contain_text(f"Where: {SCRIPT}")
    section(console, "requests")
    hostile = row(page, "requests", "onerror=alert(1)")
    hostile.locator("summary").first.click()
    expect(hostile).to_contain_text("no function was called")
    for name in ("payments", "negotiation", "security", "metrics", "errors", "accounts"):
        section(console, name)

    assert booking["brief"] == SCRIPT
    assert page.locator("img, main script").count() == 0
    assert console.dialogs == []
    assert complaints(console) == []
    # And if the page's own code slipped, the browser itself would refuse it.
    refused = page.evaluate(
        """text => {
            const element = document.createElement("div");
            let outcome = "accepted";
            try { element.innerHTML = text; } catch (error) { outcome = error.name; }
            return [outcome, element.childNodes.length];
        }""",
        SCRIPT,
    )
    assert refused == ["TypeError", 0]


def test_every_section_fits_a_telephone_complains_of_nothing_and_asks_no_other_host(
    console: Watched, system: RunningSystem
) -> None:
    console.page.set_viewport_size({"width": 390, "height": 844})
    path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(path)
    section(console, "requests")
    row(console.page, "requests", path).locator("summary").first.click()
    expect(console.page.locator("#requests article.line")).to_have_count(1)

    for name in (
        "payments",
        "negotiation",
        "mail",
        "requests",
        "errors",
        "security",
        "metrics",
        "accounts",
        "health",
    ):
        expect(section(console, name)).to_be_visible()
        assert console.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    expect(console.page.locator("#health-at")).not_to_be_empty()

    assert console.foreign(system.base_url) == []
    assert complaints(console) == []


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
