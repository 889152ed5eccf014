"""Whatever a client writes, it stays inside the header, the line and the field that it is meant for."""

import io
import json
from contextlib import redirect_stdout
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.gateway.answers import Content, Created, Ok
from greenroom.gateway.responses import answer_headers
from tests.unit.gateway.sample import ORIGIN, ThingView, answered, call, event, function

BREAKING = [
    "x\r\nSet-Cookie: a=b",
    "x\nX-Evil: 1",
    "x\r",
    "x\x00",
    "x\x0b",
    "x\u2028y",
    "x\x85y",
    "\x1b[2J",
    "é",
    "\u560d\u560aSet-Cookie:a",
]
REFLECTED = ("X_Correlation_Id", "Origin", "Idempotency_Key", "If_Match", "X_Amzn_Trace_Id", "Host")


def _is_plain(headers: Any) -> bool:
    return all(value.isascii() and value.isprintable() for pair in headers.items() for value in pair)


@pytest.mark.parametrize("text", BREAKING, ids=ascii)
@pytest.mark.parametrize("header", REFLECTED)
def test_no_header_of_a_request_writes_a_header_of_the_answer(header: str, text: str) -> None:
    sent: Any = {header: text}
    good: Any = {"token": "buyer", "body": {"name": "a"}, "Idempotency_Key": "k"}
    answers = [
        call("GET", "/things/t1", token="buyer", **sent),
        call("OPTIONS", "/things", **sent),
        call("POST", "/things", **{**good, **sent}),
    ]

    for answer in answers:
        assert _is_plain(answer.headers)
        assert "Set-Cookie" not in answer.headers
        assert text not in answer.headers.values()


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_path_method_or_header_whatever_makes_an_answer_with_a_broken_header(
    path: str, method: str, header: str
) -> None:
    sent = event("GET", "/public/x", headers=[("x-correlation-id", header), ("origin", header)])
    for change in ({"httpMethod": method}, {"pathParameters": {"name": path}}, {"resource": path}):
        answer = answered(function()(sent | change))

        assert answer.status in {200, 404, 405}
        assert _is_plain(answer.headers)


@pytest.mark.parametrize("text", BREAKING, ids=ascii)
def test_a_route_that_would_put_it_into_a_header_fails_before_anything_is_sent(text: str) -> None:
    view = ThingView(id="t1", version=1)
    for answer in (
        Created(body=view, location=f"/things/{text}"),
        Ok(body=view, etag=text),
        Content(content=b"", content_type="text/css", headers={"Content-Disposition": f'filename="{text}"'}),
    ):
        with pytest.raises(ValueError, match="visible ASCII"):
            answer_headers(answer)


@pytest.mark.parametrize("text", ['x\r\n{"level":"INFO"}', "\x1b[31mred\x1b[0m", "a\u2028b", "\x00", '"}'])
def test_no_input_adds_a_line_to_the_log_or_speaks_to_a_terminal(text: str) -> None:
    written = io.StringIO()
    with redirect_stdout(written):
        call(
            "POST",
            "/public",
            body={"name": text, text: text, "tags": [text, "<script>"]},
            query=f"{text}={text}",
            X_Correlation_Id=text,
            X_Amzn_Trace_Id=text,
            User_Agent=text,
            Referer=text,
            Origin=text,
            Authorization=text,
        )
        call("GET", f"/public/{text}")
        answered(function()(event("GET", "/things") | {"httpMethod": text}))

    lines = written.getvalue().splitlines()
    assert len(lines) == written.getvalue().count("\n")
    assert {json.loads(line)["category"] for line in lines} == {"request", "security"}
    assert written.getvalue().replace("\n", "").isprintable()


def test_an_allowed_origin_is_answered_by_our_own_spelling_of_it() -> None:
    assert call("GET", "/things", Origin=ORIGIN).headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in call("GET", "/things", Origin=f"{ORIGIN}\r\n").headers
