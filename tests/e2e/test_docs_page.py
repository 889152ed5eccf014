"""The reference in a real browser: whole, searchable, able to send requests, and from this host alone."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browser import Watched, watch
from tests.support.reference import bundle
from tests.support.system import RunningSystem

METHODS = {"get", "post", "put", "patch", "delete"}
BOOK = "bookings/POST/v1/bookings"
LIVE = "health/GET/health/live"


@pytest.fixture(scope="module", autouse=True)
def _fetched() -> None:
    bundle()


@pytest.fixture(scope="module")
def document(system: RunningSystem) -> dict[str, Any]:
    found: dict[str, Any] = system.api.get("/openapi.json").json()
    return found


WINDOWS = pytest.mark.parametrize("docs", [(1280, False), (390, True)], ids=["wide", "phone"], indirect=True)
"""For what the width of the window could break. All else is tested in a wide one."""


@pytest.fixture
def docs(request: pytest.FixtureRequest, browser: Browser, system: RunningSystem) -> Iterator[Watched]:
    """A window for the page. No test makes the page ask another host, or complain."""
    width, dark = getattr(request, "param", (1280, False))
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    context.set_default_timeout(15_000)
    watched = watch(context.new_page())
    yield watched
    assert watched.foreign(system.base_url) == []
    assert watched.complaints == []
    assert watched.dialogs == []
    context.close()


def opened(docs: Watched, system: RunningSystem, place: str = "") -> Locator:
    """Open the page at an operation, named by its tag, method and path, and return its section."""
    docs.page.goto(f"{system.base_url}/docs{place and f'#tag/{place}'}")
    expect(docs.page.locator("#reference h1").first).to_have_text("Greenroom API")
    return section(docs, place)


def section(docs: Watched, place: str) -> Locator:
    return docs.page.locator(f"section[id$='/tag/{place}']")


def codes_of(document: dict[str, Any]) -> set[str]:
    return {
        code
        for item in document["paths"].values()
        for method, described in item.items()
        if method in METHODS
        for response in described["responses"].values()
        for code in response.get("x-codes", [])
    }


@WINDOWS
def test_the_page_fits_its_window_in_the_colours_that_the_reader_wants(
    docs: Watched, system: RunningSystem
) -> None:
    expect(opened(docs, system, BOOK)).to_be_in_viewport()

    assert docs.page.title() == "Greenroom API"
    width = docs.page.evaluate("innerWidth")
    assert docs.page.evaluate("document.documentElement.scrollWidth") <= width
    colour = docs.page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", colour)[:3]))
    assert lightness > 600 if width == 1280 else lightness < 150
    asked = {url.removeprefix(system.base_url).partition("#")[0] for url in docs.asked}
    assert asked - {"data:,"} == {"/docs", "/docs/docs.js", f"/docs/{bundle()}", "/openapi.json"}


def test_an_operation_is_shown_with_who_may_call_it_what_it_needs_and_what_it_answers(
    docs: Watched, system: RunningSystem
) -> None:
    book = opened(docs, system, BOOK)

    for text in ("buyer", "Idempotency-Key", "offering_id"):
        expect(book.get_by_text(text, exact=True).first).to_be_visible()
    expect(book.get_by_role("tab", name="Status: 409")).to_be_attached()


@WINDOWS
def test_the_search_finds_an_operation_and_leads_to_it(docs: Watched, system: RunningSystem) -> None:
    opened(docs, system)

    docs.page.keyboard.press("Control+k")
    docs.page.get_by_role("dialog").get_by_role("combobox").fill("booking")
    results = docs.page.get_by_role("dialog").get_by_role("option")
    results.filter(has_text="Book an instant offering, or ask for an offer").click()

    expect(section(docs, BOOK)).to_be_in_viewport()


@WINDOWS
def test_an_operation_has_samples_in_three_languages(docs: Watched, system: RunningSystem) -> None:
    book = opened(docs, system, BOOK)
    samples = {"Shell Curl": "curl ", "Python Requests": "requests.post(", "JavaScript Fetch": "fetch("}

    shown = "Shell Curl"
    for name, sample in samples.items():
        if name != shown:
            book.get_by_role("button", name=shown).click()
            docs.page.get_by_role("option", name=name.rpartition(" ")[2], exact=True).first.click()
            shown = name
        expect(book.get_by_text(sample).first).to_be_visible()
        expect(book.get_by_text(f"{system.base_url}/v1/bookings").first).to_be_visible()


@WINDOWS
def test_a_request_is_sent_from_the_page_to_this_host(docs: Watched, system: RunningSystem) -> None:
    opened(docs, system, LIVE).get_by_role("button", name="Test Request").click()
    client = docs.page.get_by_role("dialog")

    with docs.page.expect_response(f"{system.base_url}/health/live") as answered:
        client.get_by_role("button", name="Send").first.click()

    assert answered.value.status == 200
    expect(client.get_by_text("200 OK")).to_be_visible()
    expect(client.get_by_text('"ok"')).to_be_visible()


def test_a_token_goes_with_the_request_and_is_kept_nowhere(docs: Watched, system: RunningSystem) -> None:
    opened(docs, system, "auth/GET/v1/me").get_by_role("button", name="Test Request").click()
    client = docs.page.get_by_role("dialog")
    client.get_by_role("button", name="Authentication").click()
    client.get_by_placeholder("Token").fill("a-token-of-a-test")

    with docs.page.expect_request(f"{system.base_url}/v1/me") as asked:
        client.get_by_role("button", name="Send").first.click()

    assert asked.value.headers["authorization"] == "Bearer a-token-of-a-test"
    expect(client.get_by_text("401 Unauthorized")).to_be_visible()
    assert "a-token" not in docs.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert docs.page.evaluate("indexedDB.databases()") == docs.page.context.cookies() == []
    # The browser itself reports every answer of 4xx.
    assert docs.complaints.pop().endswith("401 (Unauthorized)")


def test_the_type_of_a_problem_leads_to_its_explanation(
    docs: Watched, system: RunningSystem, document: dict[str, Any]
) -> None:
    problem = system.api.get("/v1/me").json()

    docs.page.goto(f"{system.base_url}{problem['type']}")

    codes = docs.page.locator("#reference li > code:first-child")
    expect(codes.get_by_text(problem["code"], exact=True)).to_be_in_viewport()
    assert sorted(codes.all_inner_texts()) == sorted(codes_of(document) | {"method_not_allowed", "refused"})
    entry = docs.page.get_by_role("listitem").filter(has_text="slot_taken (409): That time is already taken.")
    expect(entry).to_be_attached()


def test_markup_in_the_document_runs_nothing(
    docs: Watched, system: RunningSystem, document: dict[str, Any]
) -> None:
    hostile = json.loads(json.dumps(document))
    described = hostile["paths"]["/v1/bookings"]["post"]
    described["summary"] = described["description"] = (
        "Hostile <img src='/x' onerror='alert(1)'><script>alert(2)</script>"
    )
    docs.page.route("**/openapi.json", lambda route: route.fulfill(json=hostile))
    docs.page.route("**/x", lambda route: route.abort())

    book = opened(docs, system, BOOK)

    expect(book.get_by_text("Hostile").first).to_be_visible()
    assert docs.page.locator("[onerror], #reference script").count() == 0
    docs.complaints[:] = [said for said in docs.complaints if "ERR_FAILED" not in said]
