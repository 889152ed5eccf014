"""Log lines as people read them at a terminal, and as the console finds them again."""

import io
import json
import unicodedata
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.console_log import Printer, printer_for, readable
from local.failures import CannotRun
from local.journal import MOST_LINES, MOST_REQUESTS, Journal, Served

AT = "2027-01-01T12:00:00.000+00:00"
CLOCK = datetime.fromisoformat(AT).astimezone().strftime("%H:%M:%S")
REQUEST: dict[str, Any] = {
    "level": "INFO",
    "category": "request",
    "message": "request",
    "timestamp": AT,
    "service": "bookings",
    "status": 409,
    "method": "POST",
    "route": "/v1/bookings",
    "duration_ms": 12.5,
    "table_calls": 3,
    "table_ms": 9.1,
    "read_units": 2.0,
    "request_id": "89a40a30-5f0c-4f6d-9d1c-b4e22a121d61",
    "code": "slot_taken",
    "principal_id": None,
}
FAULT: dict[str, Any] = {
    "level": "ERROR",
    "category": "error",
    "message": "unhandled error",
    "timestamp": AT,
    "error": "KeyError",
    "stack": ["a.py:1 f", "b.py:2 g"],
}
HOSTILE = {
    "a line end": "x\n12:00:00 request  200 GET    /forged",
    "a carriage return": "x\rforged",
    "an escape sequence": "x\x1b[2J\x1b]0;title\x07",
    "a C1 control sequence": "x\x9b2J\x9d0;title\x9c",
    "a next line": "x\x85forged",
    "line and paragraph separators": "x\u2028forged\u2029",
    "a bidirectional override": "x\u202egnp.exe\u2066\u2069\u200f\u061c",
    "what has no width": "x\u200b\u200d\ufeff\u00ad",
    "a backspace": "x\b\b\x7f",
    "a lone surrogate": "x\ud800",
    "an invisible tag": "x\U000e0041",
    "a null": "x\0",
}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def plain(line: dict[str, Any]) -> str:
    return readable(line, coloured=False)


def test_a_request_is_one_line_of_time_category_status_route_figures_and_the_rest() -> None:
    head = f"{'409 POST   /v1/bookings':<54}"

    assert plain(REQUEST) == f"{CLOCK} request  {head}     12.5 ms   3 calls code=slot_taken #89a40a30"


def test_lines_of_all_kinds_stand_in_the_same_columns() -> None:
    lines = [
        REQUEST,
        {**REQUEST, "route": "/v1/celebrities/{celebrity_id}", "duration_ms": 1234.5, "table_calls": 12},
        {**REQUEST, "category": "job", "service": "outbox", "done": True, "write_units": 2.0},
    ]

    shown = [plain(line) for line in lines]

    assert len({line.index(" ms ") for line in shown}) == 1
    assert len({line.index(" calls ") for line in shown}) == 1


@pytest.mark.parametrize(
    ("line", "head", "details"),
    [
        (
            {"category": "security", "event": "authn_login_fail", "severity": "WARN", "user_id": "usr_1"},
            "WARN     authn_login_fail",
            "user_id=usr_1",
        ),
        (
            {"category": "auth", "event": "authn_login_success", "severity": "INFO", "method": "password"},
            "INFO     authn_login_success",
            "method=password",
        ),
        (
            {"category": "business", "event": "mail_sent", "booking_id": "bkg_1"},
            "mail_sent",
            "booking_id=bkg_1",
        ),
        (
            {"category": "database", "operation": "Query", "table": "bookings", "read_units": 0.5},
            "Query bookings",
            "read_units=0.5",
        ),
        ({"category": "job", "service": "sweeper", "done": False}, "sweeper failed", ""),
        ({"message": "anything else", "count": 3}, "anything else", "count=3"),
    ],
)
def test_each_category_says_first_what_happened(line: dict[str, Any], head: str, details: str) -> None:
    category = line.get("category", "log")

    shown = plain({"message": "x", "timestamp": AT, **line})

    assert shown == f"{CLOCK} {category:<8} {head:<54} {details}".rstrip()


def test_a_fault_shows_its_stack_below_indented() -> None:
    assert plain(FAULT).splitlines() == [
        f"{CLOCK} error    {'unhandled error':<54} error=KeyError",
        "           a.py:1 f",
        "           b.py:2 g",
    ]


def test_metrics_are_not_shown() -> None:
    directive = {"Namespace": "Shop", "Dimensions": [[]], "Metrics": [{"Name": "Latency"}, {"Name": "Calls"}]}
    emf = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "Latency": [1.5, 2.5], "Calls": 3}

    assert plain({**REQUEST, **emf}) == plain(REQUEST)
    assert plain({"category": "metrics", "message": "metrics", "timestamp": AT, **emf}) == ""


def test_metrics_that_are_malformed_spoil_no_line() -> None:
    assert plain({**REQUEST, "_aws": "?"}) == plain(REQUEST)


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        ({"done": True, "read_units": 2.0}, False),
        ({"done": True, "write_units": 1.0}, True),
        ({"done": False}, True),
    ],
)
def test_a_worker_that_found_nothing_to_do_is_not_shown(job: dict[str, Any], shown: bool) -> None:
    stream = io.StringIO()

    Printer(stream).show({"category": "job", "service": "sweeper", "duration_ms": 5.0, **job})

    assert bool(stream.getvalue()) is shown


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("coloured", [False, True])
def test_nothing_in_a_value_reaches_the_terminal_as_a_control(text: str, coloured: bool) -> None:
    everywhere = {
        **dict.fromkeys(("message", "route", "method", "event", "service", "operation", "request_id"), text),
        "level": text,
        "timestamp": text,
        "status": text,
        "severity": text,
        "code": text,
        text: text,
        "nested": {"list": [text]},
        "stack": [text, text],
    }
    ours = readable({**everywhere, "stack": []}, coloured=False).splitlines()

    for category in (*("request job auth security business database error".split()), text):
        shown = readable({**everywhere, "category": category}, coloured=coloured)

        uncoloured = shown
        for code in ("0", "2", *(f"3{number}" for number in range(1, 7))):
            uncoloured = uncoloured.replace(f"\x1b[{code}m", "")
        assert all(sign.isprintable() for sign in uncoloured.replace("\n", "")), shown
        assert uncoloured.count("\n") == 2  # the two frames, and nothing that a value brought
        assert all(line.startswith(" " * 11) for line in uncoloured.split("\n")[1:])
    assert len(ours) == 1


@given(st.text())
def test_whatever_the_text_a_line_stays_one_line_of_printable_signs(text: str) -> None:
    shown = plain({"category": "business", "message": text, "event": text, "note": text, "timestamp": AT})

    assert shown.isprintable()
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_value_cannot_pass_for_another_field() -> None:
    shown = plain({**REQUEST, "code": 'x status=200 user_id="admin"'})

    assert r'code="x status=200 user_id=\"admin\""' in shown


def test_an_escape_cannot_be_mistaken_for_text_that_looks_like_one() -> None:
    assert plain({**REQUEST, "code": "\x1b"}) != plain({**REQUEST, "code": r"\x1b"})


def test_a_value_without_end_is_cut() -> None:
    assert len(plain({**REQUEST, "code": "x" * 100_000})) < 600


def test_what_people_are_told_besides_is_escaped_line_by_line() -> None:
    stream = io.StringIO()

    Printer(stream).say("sweeper failed: KeyError: 'x\n\x1b[2J'", "and more")
    Printer(stream).say(long := "a reason that is told whole " * 40)

    told, _, rest = stream.getvalue().rpartition(long)
    assert rest == "\n"
    assert told == "sweeper failed: KeyError: 'x\\n\\x1b[2J'\nand more\n"


def test_colours_tell_good_from_refused_from_broken() -> None:
    coloured = [readable({**REQUEST, "status": status}, coloured=True) for status in (200, 404, 500)]

    good, refused, broken = (line.split("request")[0].split("\x1b[")[-1] for line in coloured)
    assert (good, refused, broken) == ("32m", "33m", "31m")


def test_a_terminal_gets_colours_unless_it_does_not_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    wanting, refusing = Terminal(), Terminal()

    Printer(wanting).show(REQUEST)
    monkeypatch.setenv("NO_COLOR", "1")
    Printer(refusing).show(REQUEST)

    assert "\x1b[33m" in wanting.getvalue()
    assert "\x1b" not in refusing.getvalue()


def test_what_is_no_terminal_gets_no_colours() -> None:
    stream = io.StringIO()

    Printer(stream).show(REQUEST)

    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_a_stream_that_cannot_encode_a_sign_gets_its_escape() -> None:
    raw = io.BytesIO()
    ascii_alone = io.TextIOWrapper(raw, encoding="ascii")

    Printer(ascii_alone).show({**REQUEST, "code": "slot·ta💥en"})

    assert rb"slot\xb7ta\U0001f4a5en" in raw.getvalue()


def test_a_reader_that_has_gone_harms_no_request() -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    Printer(Gone()).show(REQUEST)


def test_as_json_every_line_is_whole_and_what_else_is_told_goes_elsewhere() -> None:
    output, notices = io.StringIO(), io.StringIO()
    idle = {"category": "job", "service": "sweeper", "done": True, "_aws": {"Timestamp": 1}, "Latency": [1]}
    printer = printer_for("json", output, notices)

    printer.show(idle)
    printer.show({"code": HOSTILE["a C1 control sequence"] + HOSTILE["a backspace"]})
    printer.say("ready")

    first, second = output.getvalue().splitlines()
    assert json.loads(first) == idle
    assert json.loads(second)["code"] == HOSTILE["a C1 control sequence"] + HOSTILE["a backspace"]
    assert second.isprintable()
    assert second.isascii()
    assert notices.getvalue() == "ready\n"


def test_a_format_that_is_not_known_stops_the_start() -> None:
    with pytest.raises(CannotRun, match="LOG_FORMAT is text or json"):
        printer_for("xml", io.StringIO(), io.StringIO())


def test_the_journal_forgets_the_oldest() -> None:
    journal = Journal()
    for number in range(MOST_LINES + 1):
        journal.add_line({"number": number})
    for number in range(MOST_REQUESTS + 1):
        journal.add_request(Served(str(number), "", "GET", "/", 200, 1.0, None))

    assert len(journal.lines()) == MOST_LINES
    assert journal.lines()[0]["number"] == 1
    assert [request["request_id"] for request in journal.requests()][-1] == "1"


def test_the_journal_finds_the_last_lines_of_some_categories() -> None:
    journal = Journal()
    for number, category in enumerate(["auth", "security", "request", "auth", "security"]):
        journal.add_line({"number": number, "category": category})

    def numbers(**wanted: Any) -> list[int]:
        return [line["number"] for line in journal.lines(**wanted)]

    assert numbers(categories={"auth", "security"}) == [0, 1, 3, 4]
    assert numbers(categories={"auth", "security"}, most=2) == [3, 4]
    assert numbers(most=0) == []
