"""A worker's handler writes one line an invocation, and what it raises comes through."""

from types import SimpleNamespace
from typing import Any

import pytest

from greenroom.telemetry import logs, metrics
from greenroom.telemetry.worker import Worker
from tests.support.reports import kept_reports

CONTEXT = SimpleNamespace(aws_request_id="r-1")


def test_an_invocation_writes_one_line_with_what_it_did(lines: list[dict[str, Any]]) -> None:
    def serve(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        metrics.record_sweep_lag(4)
        return {"seen": event["n"]}

    work = Worker("sweeper", serve, prepare=lambda: None)

    assert work({"n": 1}, CONTEXT) == {"seen": 1}
    assert work({"n": 2}, CONTEXT) == {"seen": 2}

    assert [(line["category"], line["service"], line["done"], line["level"]) for line in lines] == [
        ("job", "sweeper", True, "INFO")
    ] * 2
    assert [line.get("cold_start") for line in lines] == [True, None]
    assert {line["request_id"] for line in lines} == {"r-1"}
    assert lines[1]["SweepLag"] == 4
    assert lines[1]["duration_ms"] >= 0


def test_a_failure_is_told_and_raised(lines: list[dict[str, Any]]) -> None:
    def serve(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        raise RuntimeError("hunter2")

    work = Worker("outbox", serve, prepare=lambda: None)
    with pytest.raises(RuntimeError):
        work({}, CONTEXT)

    fault, line = lines
    assert (fault["category"], fault["error"], fault["request_id"]) == ("error", "RuntimeError", "r-1")
    assert (line["category"], line["done"], line["level"], line["Faults"]) == ("job", False, "ERROR", 1)
    assert "hunter2" not in str(lines)


def test_a_workers_business_events_each_have_a_line(lines: list[dict[str, Any]]) -> None:
    def serve(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        logs.log_business("mail_sent", channel="mail:buyer")
        logs.log_business("mail_sent", channel="mail:agent")
        return {}

    Worker("outbox", serve, prepare=lambda: None)({}, CONTEXT)

    assert [line["category"] for line in lines] == ["business", "business", "job"]


def test_a_worker_that_cannot_start_is_reported_before_its_process_ends() -> None:
    def fail() -> None:
        raise LookupError("no key for hunter2@example.com")

    work = Worker("outbox", lambda _event, _context: None, prepare=fail)
    with kept_reports() as kept, pytest.raises(LookupError):
        work({}, CONTEXT)

    (report,) = kept.reports
    assert report["exception"]["values"][0]["value"] == "no key for (withheld)"
    assert report["contexts"]["circumstances"] == {"what": "the function could not start"}
    assert kept.flushes == [0.5]
