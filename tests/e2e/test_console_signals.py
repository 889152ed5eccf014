"""What operators see of a stage, on the console: each signal is caused over HTTP and found on the page."""

import re
import uuid
from typing import Any

from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.console import SCRIPT, chart, row, section
from tests.support.system import RunningSystem


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


def test_charts_tell_what_was_measured_in_words_too_and_to_the_keyboard(
    console: Watched, system: RunningSystem
) -> None:
    system.api.get(f"/v1/celebrities/{uuid.uuid4().hex}")
    section(console, "metrics")

    for title, told in {
        "Requests": r"requests [1-9][\d,]* in all",
        "Latency": r"p50 [\d.]+ ms, p95 [\d.,]+ ms",
        "Errors": r"refused, 4xx [1-9]",
        "Table calls": r"calls [1-9][\d,]* in all",
    }.items():
        expect(chart(console, title)).to_have_attribute("aria-label", re.compile(told))
        assert chart(console, title).locator("path[d^=M]").count() > 0
    expect(chart(console, "Limiter denials")).to_have_attribute("aria-label", "Limiter denials: nothing yet")

    requests = chart(console, "Requests")
    requests.focus()
    requests.press("ArrowLeft")
    expect(requests).to_have_attribute("aria-label", re.compile(r"requests \S+ at \d\d:\d\d:\d\d$"))
    requests.press("Escape")
    expect(requests).to_have_attribute("aria-label", re.compile("in all"))


def test_health_shows_each_check_its_state_and_what_is_not_there(console: Watched) -> None:
    failing = {"status": "failing", "checks": [{"name": "mail", "status": "failing", "milliseconds": 1000.0}]}
    console.page.route("**/health/external", lambda route: route.fulfill(status=503, json=failing))
    console.page.route("**/health/cache", lambda route: route.fulfill(status=404, json={}))

    health = section(console, "health")

    ready = health.locator("article", has_text="/health/ready")
    expect(ready).to_contain_text("table_bookings")
    assert {text.strip() for text in ready.locator(".state").all_inner_texts()} == {"ok"}
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


def test_an_error_shows_its_causes_with_their_stacks(console: Watched) -> None:
    arrived = {"at": "2027-01-01T12:00:00.000Z", "kind": "event", "event": {**REPORT, "event_id": "6" * 32}}
    raised: list[str] = []

    def answer(route: Any) -> None:
        if route.request.method == "POST":
            raised.append(route.request.url)
            route.fulfill(status=500, json={"code": "internal_error"})
        else:
            route.fulfill(json={"items": [arrived, REPORT] if raised else []})

    console.page.route("**/local/errors", answer)
    errors = section(console, "errors")
    expect(errors).to_contain_text("No error yet.")

    errors.get_by_role("button", name="Make a function raise").click()

    expect(console.page.locator("#notice")).to_contain_text("was answered 500")
    expect(console.page.locator("#errors > details")).to_have_count(2)
    for error in console.page.locator("#errors > details").all():
        error.locator("summary").first.click()
        expect(error.locator(".stack")).to_have_text("a.py:7 f")
        expect(error.get_by_role("heading")).to_have_text([f"RuntimeError: {SCRIPT}", "KeyError"])
        expect(error).to_contain_text("/v1/bookings")
    assert console.page.locator("img, main script").count() == 0
    assert console.dialogs == []


def test_a_function_that_raises_is_shown_as_its_report_has_it(
    console: Watched, system: RunningSystem
) -> None:
    errors = section(console, "errors")

    errors.get_by_role("button", name="Make a function raise").click()

    # What is first changes when the new one arrives: so wait until it has.
    expect(console.page.locator("#notice")).to_contain_text("A function raised")
    reports = console.page.locator("#errors > details")
    kept = [item["event"] for item in system.api.get("/local/errors").json()["items"]]
    expect(reports).to_have_count(sum(event.get("type") != "transaction" for event in kept))
    report = reports.first
    report.locator("summary").first.click()
    expect(report.locator(".stack").first).to_contain_text("break_down")
    expect(report).to_contain_text("KeyError")
    expect(report).not_to_contain_text("example.com")


def test_without_error_reports_the_section_says_so(console: Watched) -> None:
    console.page.route("**/local/errors", lambda route: route.fulfill(status=404, json={"detail": "nothing"}))

    errors = section(console, "errors")

    expect(errors).to_contain_text("No error reports here")
    expect(errors.get_by_role("button", name="Make a function raise")).to_be_disabled()
