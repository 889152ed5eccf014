"""Log lines as people read them at a terminal, and as the console finds them again."""

import io
from typing import Any

import pytest

from local.console_log import Printer, readable
from local.journal import MOST_LINES, MOST_REQUESTS, Journal, Served

REQUEST: dict[str, Any] = {
    "level": "INFO",
    "category": "request",
    "message": "request",
    "timestamp": "2027-01-01 00:00:00",
    "service": "greenroom",
    "status": 409,
    "method": "POST",
    "route": "/v1/bookings",
    "duration_ms": 12.5,
    "table_calls": 3,
    "request_id": "r1",
    "code": "slot_taken",
    "principal_id": None,
}


def test_a_request_is_one_line_that_begins_with_its_status() -> None:
    line = readable(REQUEST, coloured=False)

    assert line == "409 POST   /v1/bookings  12.5 ms, 3 table calls  code=slot_taken"


def test_a_fault_shows_its_stack_below() -> None:
    fault = {
        "level": "ERROR",
        "category": "error",
        "message": "unhandled error",
        "stack": ["a.py:1 f", "b.py:2 g"],
    }

    assert readable(fault, coloured=False).splitlines() == [
        "error    unhandled error",
        "         a.py:1 f",
        "         b.py:2 g",
    ]


def test_other_lines_show_what_happened_and_what_is_known() -> None:
    line = readable({"category": "security", "message": "authz_fail", "severity": "WARN"}, coloured=False)

    assert line == "security authz_fail  severity=WARN"


def test_colours_tell_good_from_refused_from_broken() -> None:
    colours = {
        status: readable({**REQUEST, "status": status}, coloured=True)[:5] for status in (200, 404, 500)
    }

    assert len(set(colours.values())) == 3


@pytest.mark.parametrize("coloured", [True, False])
@pytest.mark.parametrize(
    "text", ["a\x1b[2Jb", "a\nb", "a\rb", "a\x9b1mb", "a\u202eb", "a\u2028b", "a\x00b", "\ud800"]
)
def test_nothing_in_a_line_speaks_to_the_terminal(text: str, *, coloured: bool) -> None:
    plain = readable(REQUEST, coloured=coloured)
    request = readable({**REQUEST, "route": text, "code": text, "method": text}, coloured=coloured)
    fault = readable({"category": "error", "message": text, "stack": [text], text: text}, coloured=coloured)

    for shown in (request, fault):
        assert text not in shown
        assert len(shown.splitlines()) == (1 if shown is request else 2)
        assert {c for c in shown if not c.isprintable()} - {"\n"} <= {c for c in plain if not c.isprintable()}


def test_what_is_no_terminal_gets_no_colours() -> None:
    stream = io.StringIO()

    Printer(stream).show(REQUEST)

    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_the_journal_forgets_the_oldest() -> None:
    journal = Journal()
    for number in range(MOST_LINES + 1):
        journal.add_line({"number": number})
    for number in range(MOST_REQUESTS + 1):
        journal.add_request(Served(str(number), "", "GET", "/", 200, 1.0, None))

    assert len(journal.lines()) == MOST_LINES
    assert journal.lines()[0]["number"] == 1
    assert [request["request_id"] for request in journal.requests()][-1] == "1"
