"""The console in a real browser, beside the same system used over HTTP."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import Watched, watch
from tests.support.system import RunningSystem

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"
# What the browser says by itself of an address that is not there, which is no complaint of the page.
_NOT_THERE = "Failed to load resource: the server responded with a status of 404"


@pytest.fixture
def console(watched: Watched, system: RunningSystem) -> Watched:
    watched.page.goto(f"{system.base_url}/")
    expect(watched.page.locator("#pulse")).to_have_text("running")
    return watched


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


def test_a_request_unfolds_to_every_line_it_wrote(console: Watched, system: RunningSystem) -> None:
    wrong = {"email": system.demo["accounts"]["buyer2"]["email"], "password": "not the password"}
    request_id = system.api.post("/v1/auth/login", json=wrong).headers["x-request-id"]
    section(console, "requests")
    console.page.get_by_label("Route, path, method or id").fill(request_id)
    request = row(console.page, "requests", "/v1/auth/login")

    request.locator("summary").first.click()

    expect(request.locator("article.line")).to_have_count(2)
    expect(request.locator("article.line").nth(0)).to_contain_text("authn_login_fail")
    expect(request.locator("article.line").nth(1)).to_contain_text("401 POST /v1/auth/login")
    expect(request.locator("article.line").nth(1)).to_contain_text("Measured: DatabaseLatency")
    expect(request).to_contain_text(request_id)


def test_requests_are_found_by_status_and_by_route(console: Watched, system: RunningSystem) -> None:
    missing = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(missing)
    system.api.get("/v1/celebrities")
    requests = section(console, "requests")
    expect(row(console.page, "requests", missing)).to_be_visible()

    requests.get_by_label("Status").select_option("4")
    requests.get_by_label("Route, path, method or id").fill("{celebrity_id}")

    expect(row(console.page, "requests", missing)).to_be_visible()
    statuses = set(console.page.locator("#requests > details .status").all_inner_texts())
    assert statuses
    assert all(status.startswith("4") for status in statuses)
    paths = console.page.locator("#requests > details > summary > .cut").all_inner_texts()
    assert all(path.startswith("/v1/celebrities/") for path in paths)
    expect(console.page.locator("#requests-count")).to_contain_text(" of ")


def test_a_wrong_password_is_a_security_event_that_leads_to_its_request(
    console: Watched, system: RunningSystem
) -> None:
    wrong = {"email": system.demo["accounts"]["buyer2"]["email"], "password": "not the password"}
    request_id = system.api.post("/v1/auth/login", json=wrong).headers["x-request-id"]
    security = section(console, "security")
    security.get_by_label("Severity").select_option("WARN")
    event = row(console.page, "security", "authn_login_fail")

    event.locator("summary").first.click()
    expect(event).to_contain_text(request_id)
    event.get_by_role("button", name="Show its request").click()

    expect(console.page.locator("#panel-requests")).to_be_visible()
    expect(console.page.locator("#requests > details")).to_have_count(1)
    expect(console.page.locator("#requests .status")).to_have_text("401")


def test_charts_tell_what_was_measured_in_words_too(console: Watched, system: RunningSystem) -> None:
    system.api.get(f"/v1/celebrities/{uuid.uuid4().hex}")
    section(console, "metrics")

    for title, told in {
        "Requests": r"requests [1-9]\d* in all",
        "Latency": r"p50 [\d.]+ ms, p95 [\d.,]+ ms",
        "Errors": r"refused, 4xx [1-9]",
        "Table calls": r"calls [1-9][\d,]* in all",
    }.items():
        expect(chart(console, title)).to_have_attribute("aria-label", re.compile(told))
        assert chart(console, title).locator("path[d^=M]").count() > 0
    expect(chart(console, "Limiter denials")).to_have_attribute("aria-label", "Limiter denials: nothing yet")


def test_a_chart_is_read_with_the_keyboard(console: Watched, system: RunningSystem) -> None:
    section(console, "metrics")
    requests = chart(console, "Requests")
    expect(requests).to_have_attribute("aria-label", re.compile("in all"))

    requests.focus()
    requests.press("ArrowLeft")

    expect(requests).to_have_attribute("aria-label", re.compile(r"requests \S+ at \d\d:\d\d:\d\d$"))
    requests.press("Escape")
    expect(requests).to_have_attribute("aria-label", re.compile("in all"))


def test_health_shows_each_check_and_its_state(console: Watched) -> None:
    health = section(console, "health")

    ready = health.locator("article", has_text="/health/ready")
    expect(ready).to_contain_text("table_bookings")
    assert {text.strip() for text in ready.locator(".state").all_inner_texts()} == {"ok"}


def test_a_check_that_fails_and_an_endpoint_that_is_not_there_are_told(console: Watched) -> None:
    failing = {"status": "failing", "checks": [{"name": "mail", "status": "failing", "milliseconds": 1000.0}]}
    console.page.route("**/health/external", lambda route: route.fulfill(status=503, json=failing))
    console.page.route("**/health/cache", lambda route: route.fulfill(status=404, json={}))

    health = section(console, "health")

    external = health.locator("article", has_text="/health/external")
    expect(external.locator(".state.bad")).to_have_count(2)
    expect(external).to_contain_text("503")
    expect(health.locator("article", has_text="/health/cache")).to_contain_text("not there")


REPORT = {
    "event_id": "5" * 32,
    "level": "error",
    "tags": {"route": "/v1/bookings", "function": SCRIPT},
    "exception": {
        "values": [
            {
                "type": "KeyError",
                "stacktrace": {"frames": [{"filename": "a.py", "lineno": 7, "function": "f"}]},
            },
            {"type": "RuntimeError", "value": SCRIPT},
        ]
    },
}


@pytest.mark.parametrize(
    "around", [{}, {"at": "2027-01-01T12:00:00.000Z", "kind": "event"}], ids=["bare", "kept"]
)
def test_an_error_shows_its_causes_with_their_stacks(console: Watched, around: dict[str, str]) -> None:
    item = {**around, "event": REPORT} if around else REPORT
    raised: list[str] = []

    def answer(route: Any) -> None:
        if route.request.method == "POST":
            raised.append(route.request.url)
            route.fulfill(status=500, json={"code": "internal_error"})
        else:
            route.fulfill(json={"items": [item] if raised else []})

    console.page.route("**/local/errors", answer)
    errors = section(console, "errors")
    expect(errors).to_contain_text("No error yet.")

    errors.get_by_role("button", name="Make a function raise").click()

    expect(console.page.locator("#notice")).to_contain_text("was answered 500")
    error = row(console.page, "errors", "RuntimeError")
    error.locator("summary").first.click()
    expect(error.locator(".stack")).to_have_text("a.py:7 f")
    expect(error.get_by_role("heading")).to_have_text([f"RuntimeError: {SCRIPT}", "KeyError"])
    expect(error).to_contain_text("/v1/bookings")
    assert console.page.locator("img, main script").count() == 0
    assert console.dialogs == []


def test_without_error_reports_the_section_says_so(console: Watched) -> None:
    console.page.route("**/local/errors", lambda route: route.fulfill(status=404, json={"detail": "nothing"}))

    errors = section(console, "errors")

    expect(errors).to_contain_text("No error reports here")
    expect(errors.get_by_role("button", name="Make a function raise")).to_be_disabled()


def test_the_tabs_are_used_with_the_keyboard(console: Watched, system: RunningSystem) -> None:
    page = console.page
    request_path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(request_path)
    page.locator("#tab-payments").focus()

    for key, name in [
        ("ArrowRight", "mail"),
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
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    request = row(page, "requests", request_path)
    request.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(request.locator("article.line")).to_have_count(1)


def test_the_address_leads_to_a_section(watched: Watched, system: RunningSystem) -> None:
    watched.page.goto(f"{system.base_url}/#security")

    expect(watched.page.locator("#panel-security")).to_be_visible()
    expect(watched.page.get_by_role("tab", selected=True)).to_have_text(re.compile("Security"))


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


def test_what_one_reads_can_be_held_still(console: Watched, system: RunningSystem) -> None:
    section(console, "requests")
    console.page.get_by_role("button", name="Pause").click()
    expect(console.page.locator("#pulse")).to_have_text("paused")
    path = f"/v1/celebrities/{uuid.uuid4().hex}"
    system.api.get(path)
    asked = len(console.asked)

    console.page.wait_for_timeout(2500)  # longer than the time between two questions
    assert len(console.asked) == asked
    console.page.get_by_role("button", name="Pause").click()

    expect(row(console.page, "requests", path)).to_be_visible()


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
    for name in ("payments", "security", "metrics", "errors", "accounts"):
        section(console, name)

    assert booking["brief"] == SCRIPT
    assert page.locator("img, main script").count() == 0
    assert console.dialogs == []
    assert complaints(console) == []


def test_the_browser_itself_refuses_markup_made_of_text(console: Watched) -> None:
    refused = console.page.evaluate(
        """text => {
            const element = document.createElement("div");
            let outcome = "accepted";
            try { element.innerHTML = text; } catch (error) { outcome = error.name; }
            return [outcome, element.childNodes.length];
        }""",
        SCRIPT,
    )

    assert refused == ["TypeError", 0]


def test_no_section_complains_or_asks_anything_of_another_host(
    console: Watched, system: RunningSystem
) -> None:
    for name in ("payments", "mail", "requests", "errors", "security", "metrics", "health", "accounts"):
        expect(section(console, name)).to_be_visible()
    expect(console.page.locator("#pulse")).to_have_text("running")

    assert console.foreign(system.base_url) == []
    assert complaints(console) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_telephone(browser: Browser, system: RunningSystem, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    console = watch(context.new_page())
    console.page.goto(f"{system.base_url}/")
    expect(console.page.locator("#pulse")).to_have_text("running")
    system.api.get(f"/v1/celebrities/{uuid.uuid4().hex}")

    for name in ("payments", "mail", "requests", "errors", "security", "metrics", "health", "accounts"):
        section(console, name)
        if name == "requests":
            console.page.locator("#requests summary").first.click()
            expect(console.page.locator("#requests article.line").first).to_be_visible()
        assert console.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    context.close()


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
