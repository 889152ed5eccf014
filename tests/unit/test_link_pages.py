"""The pages that links in mails lead to: opening one asks nothing of anybody and leaves nothing behind."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.auth.routes import routes
from greenroom.gateway.dispatch import Composition, Function
from greenroom.telemetry.logs import add_sink, remove_sink

PAGES = ["/verify-email", "/reset-password", "/change-email"]
PARTS = ["/links/links.js", "/links/links.css"]
TOKEN = "t" * 43
SITE = Path(__file__).resolve().parents[2] / "functions" / "auth" / "site"


class Untouchable:
    """Services that nobody may look at."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a page asked for {name}")


def get(path: str, query: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Get a page from the function, none of whose services may be used."""
    handler: Any = Function(routes, lambda: Composition(app=Untouchable()))
    answer: dict[str, Any] = handler(
        {
            "httpMethod": "GET",
            "resource": path,
            "path": path,
            "multiValueHeaders": {},
            "multiValueQueryStringParameters": query,
            "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "192.0.2.1"}},
        }
    )
    return answer


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_with_or_without_a_token_which_it_does_not_repeat(path: str) -> None:
    with_token, without = get(path, {"token": [TOKEN]}), get(path)

    assert with_token["statusCode"] == 200
    assert with_token["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert with_token["body"] == without["body"]
    assert TOKEN not in json.dumps(with_token)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_by_nobody_framed_by_nobody_and_tells_nobody_where_it_was(path: str) -> None:
    headers = get(path, {"token": [TOKEN]})["headers"]

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("path", PAGES + PARTS)
def test_nothing_inline_runs_and_no_form_is_sent_but_by_the_script(path: str) -> None:
    policy = get(path)["headers"]["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", [f"{path[1:]}.html" for path in PAGES])
def test_a_page_has_no_script_and_no_style_of_its_own(name: str) -> None:
    text = (SITE / name).read_text("utf-8")

    assert not re.search(r"<style|<script(?![^>]* src=)|\son\w+=|\sstyle=|javascript:|https?:", text)


@pytest.mark.parametrize("path", PAGES)
def test_the_line_of_a_request_has_no_token(path: str) -> None:
    lines: list[dict[str, Any]] = []
    add_sink(lines.append)
    try:
        get(path, {"token": [TOKEN]})
    finally:
        remove_sink(lines.append)

    assert [line["route"] for line in lines] == [path]
    assert TOKEN not in json.dumps(lines)


@pytest.mark.parametrize("query", [{"token": [TOKEN, TOKEN]}, {"next": ["https://elsewhere.test"]}])
def test_an_address_that_no_mail_has_is_refused(query: dict[str, list[str]]) -> None:
    assert get("/verify-email", query)["statusCode"] == 422
