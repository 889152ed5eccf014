"""Log lines are JSON, one line each, of an agreed shape, and never the text of an error."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from greenroom.telemetry import logs, metrics
from greenroom.telemetry.invocations import invocation, note


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
    assert all(
        frame.startswith("tests/unit/telemetry/test_logs.py:") and frame.endswith(" _raise")
        for frame in line["stack"]
    )
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


def test_every_line_of_an_invocation_says_whose_it_is(lines: list[dict[str, Any]]) -> None:
    with invocation("auth", request_id="r-1", correlation_id="c-1"):
        logs.log_security("authn_login_fail", "WARN")
        note(principal_id="usr_1")
        logs.log_auth("authn_login_success")
        logs.log_fault("broken", ValueError("hunter2"))
        logs.log_request(status=200, route="/a", method="GET")

    assert {(line["service"], line["request_id"], line["correlation_id"]) for line in lines} == {
        ("auth", "r-1", "c-1")
    }
    assert [line.get("principal_id") for line in lines] == [None, "usr_1", "usr_1", "usr_1"]


def test_what_an_account_did_is_told_apart_from_what_may_be_an_attack(lines: list[dict[str, Any]]) -> None:
    logs.log_auth("authn_login_success", user_id="usr_1")

    (line,) = lines
    told = {"category": "auth", "event": "authn_login_success", "severity": "INFO", "level": "INFO"}
    assert line.items() >= told.items()


def test_a_requests_first_business_event_is_told_in_its_own_line(lines: list[dict[str, Any]]) -> None:
    with invocation("payments", answers=True):
        logs.log_business("payment_captured", booking_id="bkg_1")
        logs.log_business("payment_refunded", booking_id="bkg_2")
        logs.log_request(status=200, route="/a", method="POST")

    other, request = lines
    assert (other["category"], other["event"], other["booking_id"]) == (
        "business",
        "payment_refunded",
        "bkg_2",
    )
    assert (request["business"], request["booking_id"]) == ("payment_captured", "bkg_1")


def test_a_requests_line_cannot_be_overwritten_by_what_happened_in_it(lines: list[dict[str, Any]]) -> None:
    with invocation("payments", answers=True, request_id="r-1"):
        logs.log_business("x", status=1, request_id="forged", route="/forged")
        logs.log_request(status=200, route="/a", method="POST")

    (line,) = lines
    assert (line["status"], line["request_id"], line["route"]) == (200, "r-1", "/a")


def test_what_was_measured_is_written_once(lines: list[dict[str, Any]]) -> None:
    with invocation("auth"):
        metrics.record_mail(sent=True)
        logs.log_job(done=True)
        logs.log_job(done=True)

    assert ["MailsSent" in line for line in lines] == [True, False]


def test_what_does_not_fit_the_line_follows_it(lines: list[dict[str, Any]]) -> None:
    with invocation("sweeper"):
        metrics.record_transition("expired")
        metrics.record_transition("reschedule_lapsed")
        logs.log_job(done=True)

    job, metric = lines
    assert (job["transition"], metric["transition"]) == ("expired", "reschedule_lapsed")
    assert (metric["category"], metric["level"]) == ("metrics", "INFO")


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
