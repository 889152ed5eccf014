"""The reference in a real browser: whole, searchable, able to send requests, and from this host alone."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.support.browser import Watched, watch
from tests.support.reference import bundle
from tests.support.system import RunningSystem

METHODS = {"get", "post", "put", "patch", "delete"}
BOOK = "POST/v1/bookings"
LIVE = "GET/health/live"


@pytest.fixture(scope="module", autouse=True)
def _fetched() -> None:
    bundle()


@pytest.fixture(scope="module")
def document(system: RunningSystem) -> dict[str, Any]:
    found: dict[str, Any] = system.api.get("/openapi.json").json()
    return found


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["wide", "phone"])
def docs(request: pytest.FixtureRequest, browser: Browser, system: RunningSystem) -> Iterator[Watched]:
    """The page in a window of a width. No test makes it ask another host, or complain."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(15_000)
    watched = watch(context.new_page())
    show(watched, system)
    yield watched
    assert watched.foreign(system.base_url) == []
    assert watched.complaints == []
    assert watched.dialogs == []
    context.close()


def show(watched: Watched, system: RunningSystem, place: str = "") -> None:
    """Open the page, at an operation or elsewhere."""
    watched.page.goto("about:blank")
    watched.page.goto(f"{system.base_url}/docs{place}")
    expect(watched.page.get_by_role("heading", name="Greenroom API", exact=True)).to_be_visible()


def operation(watched: Watched, tag: str, place: str) -> Locator:
    return watched.page.locator(f"section[id$='/tag/{tag}/{place}']")


def opened(watched: Watched, system: RunningSystem, tag: str, place: str) -> Locator:
    watched.page.goto("about:blank")
    watched.page.goto(f"{system.base_url}/docs#tag/{tag}/{place}")
    found = operation(watched, tag, place)
    expect(found).to_be_visible()
    return found


def codes_of(document: dict[str, Any]) -> set[str]:
    return {
        code
        for item in document["paths"].values()
        for method, described in item.items()
        if method in METHODS
        for response in described["responses"].values()
        for code in response.get("x-codes", [])
    }


def test_the_page_has_its_title_and_fits_its_window(docs: Watched, system: RunningSystem) -> None:
    opened(docs, system, "bookings", BOOK)

    assert docs.page.title() == "Greenroom API"
    assert docs.page.evaluate("document.documentElement.scrollWidth") <= docs.page.viewport_size["width"]  # type: ignore[index]


def test_an_operation_is_shown_with_who_may_call_it_what_it_needs_and_what_it_answers(
    docs: Watched, system: RunningSystem
) -> None:
    book = opened(docs, system, "bookings", BOOK)

    for text in ("buyer", "Idempotency-Key", "offering_id"):
        expect(book.get_by_text(text, exact=True).first).to_be_visible()
    expect(book.get_by_role("tab", name="409")).to_be_attached()
    live = opened(docs, system, "health", LIVE)
    expect(live.get_by_text("public", exact=True)).to_be_visible()


def test_every_operation_is_in_the_search(docs: Watched, document: dict[str, Any]) -> None:
    dialog = search(docs, "booking")

    expect(dialog.get_by_text("Book an instant offering, or ask for an offer")).to_be_visible()
    for path, item in document["paths"].items():
        if path.startswith("/v1/celebrities"):
            for method in METHODS & item.keys():
                docs.page.keyboard.press("ControlOrMeta+A")
                docs.page.keyboard.type(item[method]["summary"][:60])
                expect(dialog.get_by_text(path, exact=True).first).to_be_visible()


def search(docs: Watched, text: str) -> Locator:
    docs.page.keyboard.press("Control+k")
    dialog = docs.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    docs.page.keyboard.type(text)
    return dialog


def test_a_result_of_the_search_leads_to_its_operation(docs: Watched) -> None:
    dialog = search(docs, "Book an instant offering")

    expect(dialog.get_by_text("/v1/bookings", exact=True).first).to_be_visible()
    docs.page.keyboard.press("Enter")

    expect(operation(docs, "bookings", BOOK)).to_be_in_viewport()


def test_an_operation_has_samples_in_three_languages(docs: Watched, system: RunningSystem) -> None:
    book = opened(docs, system, "bookings", BOOK)
    samples = {"Shell Curl": "curl ", "Python Requests": "requests.post(", "JavaScript Fetch": "fetch("}

    shown = "Shell Curl"
    for name, sample in samples.items():
        if name != shown:
            book.get_by_role("button", name=shown).click()
            docs.page.get_by_role("option", name=name.rpartition(" ")[2], exact=True).click()
            shown = name
        expect(book.get_by_text(sample).first).to_be_visible()
        expect(book.get_by_text(f"{system.base_url}/v1/bookings").first).to_be_visible()


def test_a_request_is_sent_from_the_page_to_this_host(docs: Watched, system: RunningSystem) -> None:
    live = opened(docs, system, "health", LIVE)
    live.get_by_role("button", name="Test Request").click()
    client = docs.page.get_by_role("dialog")

    with docs.page.expect_response(f"{system.base_url}/health/live") as answered:
        client.get_by_role("button", name="Send").click()

    assert answered.value.status == 200
    expect(client.get_by_text("200 OK")).to_be_visible()
    expect(client.get_by_text('"ok"')).to_be_visible()


def test_a_request_with_a_token_is_the_callers(docs: Watched, system: RunningSystem) -> None:
    opened(docs, system, "auth", "GET/v1/me").get_by_role("button", name="Test Request").click()
    client = docs.page.get_by_role("dialog")

    with docs.page.expect_response(f"{system.base_url}/v1/me") as answered:
        client.get_by_role("button", name="Send").click()

    assert answered.value.status == 401
    expect(client.get_by_text("401 Unauthorized")).to_be_visible()
    # The browser itself reports every answer of 4xx.
    assert docs.complaints.pop().endswith("401 (Unauthorized)")


def test_every_problem_code_has_its_place(docs: Watched, document: dict[str, Any]) -> None:
    listed = docs.page.locator("#reference li > code:first-child").all_inner_texts()

    assert sorted(listed) == sorted(codes_of(document) | {"method_not_allowed", "refused"})
    expect(
        docs.page.get_by_text("slot_taken (409): That time is already taken.", exact=True)
    ).to_be_attached()


def test_the_type_of_a_problem_leads_to_its_explanation(docs: Watched, system: RunningSystem) -> None:
    problem = system.api.get("/v1/me").json()

    show(docs, system, problem["type"].removeprefix("/docs"))

    entry = docs.page.locator("li", has=docs.page.get_by_text(problem["code"], exact=True)).first
    expect(entry).to_be_in_viewport()


def test_nothing_but_its_own_parts_is_loaded(docs: Watched, system: RunningSystem) -> None:
    parts = {url.removeprefix(system.base_url) for url in docs.asked if not url.startswith("about:")}

    assert parts <= {"/docs", "/docs/docs.js", f"/docs/{bundle()}", "/openapi.json", "data:,"}


def test_the_page_is_dark_for_those_who_want_it_dark(docs: Watched) -> None:
    colour = docs.page.evaluate("getComputedStyle(document.body).backgroundColor")

    lightness = sum(map(int, re.findall(r"\d+", colour)[:3]))
    dark = docs.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert lightness < 150 if dark else lightness > 600


def test_the_page_may_run_nothing_inline(system: RunningSystem) -> None:
    policy = system.api.get("/docs").headers["content-security-policy"]

    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy


def test_markup_in_the_document_runs_nothing(
    docs: Watched, system: RunningSystem, document: dict[str, Any]
) -> None:
    hostile = json.loads(json.dumps(document))
    described = hostile["paths"]["/v1/bookings"]["post"]
    described["summary"] = described["description"] = (
        "Hostile <img src='/x' onerror='alert(1)'><script>alert(2)</script>"
    )

    def answer(route: Route) -> None:
        route.fulfill(json=hostile)

    docs.page.route("**/openapi.json", answer)
    docs.page.route("**/x", lambda route: route.abort())
    book = opened(docs, system, "bookings", BOOK)

    expect(book.get_by_text("Hostile").first).to_be_visible()
    assert docs.page.evaluate("[...document.querySelectorAll('[onerror], #reference script')].length") == 0
    docs.complaints[:] = [said for said in docs.complaints if "ERR_FAILED" not in said]
