"""Log lines are JSON, one line each, of an agreed shape, and never the text of an error."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from greenroom.telemetry import logs


@pytest.mark.parametrize(("status", "level"), [(200, "INFO"), (404, "INFO"), (500, "ERROR"), (503, "ERROR")])
def test_a_request_is_an_error_only_when_the_fault_is_ours(
    lines: list[dict[str, Any]], status: int, level: str
) -> None:
    logs.log_request(status=status, route="/a", method="GET")

    assert [(line["level"], line["category"], line["status"]) for line in lines] == [
        (level, "request", status)
    ]


@pytest.mark.parametrize(
    ("severity", "level"), [("INFO", "INFO"), ("WARN", "WARNING"), ("CRITICAL", "CRITICAL")]
)
def test_a_security_event_has_its_name_its_severity_and_the_level_of_it(
    lines: list[dict[str, Any]], severity: Any, level: str
) -> None:
    logs.log_security("authn_login_fail", severity, user_id="usr_1")

    (line,) = lines
    assert (
        line.items()
        >= {
            "category": "security",
            "event": "authn_login_fail",
            "severity": severity,
            "level": level,
            "user_id": "usr_1",
        }.items()
    )


def test_a_business_event_has_its_name(lines: list[dict[str, Any]]) -> None:
    logs.log_business("bookings_expired", count=3)

    assert lines[0].items() >= {"category": "business", "event": "bookings_expired", "count": 3}.items()


def _raise(error: Exception, depth: int) -> None:
    if depth:
        _raise(error, depth - 1)
    else:
        raise error


def test_a_fault_tells_where_it_happened_and_not_what_it_said(lines: list[dict[str, Any]]) -> None:
    try:
        _raise(ValueError("hunter2"), depth=20)
    except ValueError as error:
        logs.log_fault("broken", error, request_id="r1")

    (line,) = lines
    assert (line["level"], line["category"], line["message"]) == ("ERROR", "error", "broken")
    assert (line["error"], line["request_id"]) == ("ValueError", "r1")
    assert len(line["stack"]) == 12
    assert all(frame.startswith("test_logs.py:") and frame.endswith(" _raise") for frame in line["stack"])
    assert "hunter2" not in json.dumps(line)


def test_an_error_that_was_never_raised_can_be_told_too(lines: list[dict[str, Any]]) -> None:
    logs.log_fault("broken", ValueError("hunter2"))

    assert lines[0]["stack"] == []


def test_without_a_sink_each_line_goes_to_standard_output_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.log_business("first", text="a\nb\r\u2028ü🎤")
    logs.log_business("second")

    first, second, end = capsys.readouterr().out.split("\n")
    assert json.loads(first)["text"] == "a\nb\r\u2028ü🎤"
    assert (json.loads(second)["event"], end) == ("second", "")


def test_what_a_line_says_cannot_begin_another_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.log_business("x", text='"}\n{"level":"CRITICAL","category":"security"}')

    (line, end) = capsys.readouterr().out.split("\n")
    assert (json.loads(line)["category"], end) == ("business", "")


def test_a_removed_sink_gets_nothing_more_and_every_sink_gets_every_line() -> None:
    one: list[dict[str, Any]] = []
    two: list[dict[str, Any]] = []
    logs.add_sink(one.append)
    logs.add_sink(two.append)
    logs.log_business("both")
    logs.remove_sink(one.append)
    logs.log_business("two alone")
    logs.remove_sink(two.append)

    assert [line["event"] for line in one] == ["both"]
    assert [line["event"] for line in two] == ["both", "two alone"]


@pytest.mark.parametrize(("wanted", "levels"), [("INFO", ["INFO"]), ("DEBUG", ["DEBUG", "INFO"])])
def test_lambdas_own_level_which_lets_all_through_does_not_decide_what_is_written(
    wanted: str, levels: list[str]
) -> None:
    code = (
        "from greenroom.telemetry import logs;"
        "logs.log_database('GetItem', 't', 1);"
        "logs.log_business('bookings_expired')"
    )
    told = {"LOG_LEVEL": wanted, "AWS_LAMBDA_LOG_LEVEL": "DEBUG" if wanted == "INFO" else "INFO"}

    run = subprocess.run(  # noqa: S603 - our own code, in a process whose logger is not made yet
        [sys.executable, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(sys.path), **told},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [json.loads(line)["level"] for line in run.stdout.splitlines()] == levels
