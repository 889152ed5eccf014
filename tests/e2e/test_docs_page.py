"""The reference in a real browser: whole, from this host alone, by keyboard, and deaf to markup."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.browser import Watched
from tests.support.system import RunningSystem

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(system: RunningSystem) -> dict[str, Any]:
    found: dict[str, Any] = system.api.get("/openapi.json").json()
    return found


@pytest.fixture
def docs(watched: Watched, system: RunningSystem) -> Watched:
    watched.page.goto(f"{system.base_url}/docs")
    watched.page.wait_for_selector("article")
    return watched


def operations_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS
    ]


def codes_of(document: dict[str, Any]) -> set[str]:
    return {
        code
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS
        for response in operation["responses"].values()
        for code in response.get("x-codes", [])
    }


def test_every_operation_is_shown_with_who_may_call_it(docs: Watched, document: dict[str, Any]) -> None:
    shown = [
        tuple(article.locator("h3").inner_text().split()) for article in docs.page.locator("article").all()
    ]

    assert sorted(shown) == sorted(operations_of(document))
    assert docs.page.locator("article .who").count() == len(shown)
    assert docs.page.locator("#request_booking .who").inner_text() == "for buyer"
    assert docs.page.locator("#log_in .who").inner_text() == "public"


def test_a_call_that_needs_a_key_says_so(docs: Watched) -> None:
    assert "Idempotency-Key" in docs.page.locator("#request_booking .marks").inner_text()
    assert "Idempotency-Key" not in docs.page.locator("#log_in .marks").inner_text()


def test_nothing_comes_from_another_host_and_nothing_is_refused(docs: Watched, system: RunningSystem) -> None:
    assert docs.foreign(system.base_url) == []
    assert docs.complaints == []


def test_the_page_may_run_nothing_inline(system: RunningSystem) -> None:
    policy = system.api.get("/docs").headers["content-security-policy"]

    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy


def test_every_problem_code_has_its_place(docs: Watched, document: dict[str, Any]) -> None:
    codes = codes_of(document) | {"not_found", "method_not_allowed"}

    missing = [code for code in sorted(codes) if docs.page.locator(f"tr#{code}").count() != 1]

    assert missing == []


def test_the_type_of_a_problem_leads_to_its_explanation(watched: Watched, system: RunningSystem) -> None:
    problem = system.api.get("/v1/me").json()

    watched.page.goto(f"{system.base_url}{problem['type']}")

    expect(watched.page.locator(f"tr#{problem['code']}")).to_be_in_viewport()


def test_the_filter_leaves_what_has_every_word(docs: Watched, document: dict[str, Any]) -> None:
    docs.page.get_by_label("Filter").fill("POST payments")

    shown = docs.page.locator("article:visible")
    assert 0 < shown.count() < len(operations_of(document))
    expect(docs.page.locator("article#request_booking")).to_be_hidden()
    expect(docs.page.locator("#found")).to_have_text(
        f"{shown.count()} of {len(operations_of(document))} operations"
    )


def test_a_nested_shape_unfolds(docs: Watched) -> None:
    article = docs.page.locator("#request_booking")

    article.get_by_text("Money", exact=True).first.click()

    expect(article.get_by_text("currency", exact=True).first).to_be_visible()


def test_an_answer_names_its_problem_codes_and_leads_to_them(docs: Watched) -> None:
    docs.page.locator("#request_booking").get_by_role("link", name="slot_taken").click()

    expect(docs.page.locator("tr#slot_taken")).to_be_in_viewport()


def test_the_reference_can_be_used_by_keyboard_alone(docs: Watched) -> None:
    page = docs.page

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "filter"
    page.keyboard.type("request_nothing_like_this")
    expect(page.locator("#found")).to_contain_text("0 of")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.locator("#request_booking summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#request_booking details").first).to_have_attribute("open", "")


def test_the_page_is_dark_for_those_who_want_it_dark(browser: Browser, system: RunningSystem) -> None:
    lightness = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{system.base_url}/docs")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        lightness[scheme] = sum(map(int, re.findall(r"\d+", colour)[:3]))
        context.close()

    assert lightness["light"] > 600
    assert lightness["dark"] < 150


def test_the_page_fits_a_phone(browser: Browser, system: RunningSystem) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{system.base_url}/docs")
    page.wait_for_selector("article")

    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert width <= 390


def test_markup_in_the_document_stays_text(
    watched: Watched, system: RunningSystem, document: dict[str, Any]
) -> None:
    hostile = json.loads(json.dumps(document))
    operation = hostile["paths"]["/v1/bookings"]["post"]
    operation["summary"] = operation["description"] = "<img src=x onerror=alert(1)>"

    def answer(route: Route) -> None:
        route.fulfill(json=hostile)

    watched.page.route("**/openapi.json", answer)
    watched.page.goto(f"{system.base_url}/docs")
    watched.page.wait_for_selector("article")

    assert "<img src=x" in watched.page.locator("#request_booking").inner_text()
    assert watched.page.locator("img").count() == 0
    assert watched.dialogs == []
