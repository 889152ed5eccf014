"""The interface of error reports: idle without a DSN, silent about callers' mistakes, waiting for cause."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from greenroom.refusals import NotFound, TooManyRequests, Unavailable
from greenroom.telemetry import errors, scrub
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.rate_guard import RateGuard
from tests.support.reports import kept_reports
from tests.unit.telemetry.test_rate_guard import Clock

ROOT = Path(__file__).resolve().parents[3]


def about(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report's circumstances."""
    found: dict[str, Any] = report["contexts"]["circumstances"]
    return found


def test_without_a_dsn_nothing_happens_and_the_sdk_is_not_even_imported() -> None:
    everything = """
import sys
from greenroom.settings import Settings
from greenroom.telemetry import deadlines, errors, faults, lifecycle, worker
errors.configure(Settings.read({"STAGE": "test"}))
with errors.request_scope(function="a", route="b", request_id="c"), deadlines.watch(None, dict):
    errors.set_user("usr_1", "buyer")
    errors.add_breadcrumb("step", "a")
    errors.table_breadcrumb("GetItem", "bookings", 9999)
    with errors.provider_call("mail", "send"):
        errors.capture_exception(ValueError())
    errors.capture_security_event("a", "CRITICAL")
    errors.capture_performance_issue("a", milliseconds=9, threshold=1)
errors.flush()
lifecycle.shut_down()
sys.exit("sentry_sdk" in sys.modules)
"""
    ran = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", everything], cwd=ROOT, env={"PYTHONPATH": "layers:."}, check=False
    )

    assert ran.returncode == 0


def test_a_start_without_a_dsn_is_spared_the_modules_of_the_sdk() -> None:
    configure = """
import sys
from greenroom.settings import Settings
from greenroom.telemetry import errors
errors.configure(Settings.read({"STAGE": "test", "SENTRY_DSN": sys.argv[1]}))
print(len(sys.modules))
"""
    without, with_dsn = (
        int(
            subprocess.run(  # noqa: S603 - this very interpreter
                [sys.executable, "-c", configure, dsn],
                cwd=ROOT,
                env={"PYTHONPATH": "layers:."},
                check=True,
                capture_output=True,
            ).stdout
        )
        for dsn in ("", "https://key@reports.test/1")
    )

    print(f"{without} modules without a DSN, {with_dsn} with one")
    assert with_dsn - without > 100


@pytest.mark.parametrize("refusal", [NotFound(), TooManyRequests()])
def test_what_a_caller_did_wrong_is_not_reported(refusal: Exception) -> None:
    with kept_reports() as kept:
        errors.capture_exception(refusal)
        errors.capture_exception(Unavailable())

    assert [report["exception"]["values"][0]["type"] for report in kept.reports] == ["Unavailable"]


def test_only_a_request_in_which_something_was_captured_waits_for_its_leaving() -> None:
    with kept_reports() as kept:
        with errors.request_scope(function="a", route="GET /a", request_id="r1"):
            errors.add_breadcrumb("step", "a")
        assert kept.flushes == []

        with errors.request_scope(function="a", route="GET /a", request_id="r1"):
            report_fault("broken", ValueError())

    assert kept.flushes == [errors.FLUSH_SECONDS]


def test_a_report_after_a_flood_tells_how_many_were_dropped() -> None:
    clock = Clock()
    with kept_reports(RateGuard(10, 60, clock), RateGuard(1, 60, clock)) as kept:
        for _ in range(25):
            errors.capture_exception(ValueError())
        clock.now += 60
        errors.capture_exception(ValueError())

    assert [about(report).get("dropped") for report in kept.reports] == [None] * 10 + [15]


def test_what_is_slow_is_reported_once_a_minute_for_each_kind() -> None:
    clock = Clock()
    with kept_reports(RateGuard(10, 60, clock), RateGuard(1, 60, clock)) as kept:
        for name in ("slow_request", "slow_table_call", "slow_request", "slow_table_call"):
            for table in ("bookings", "limits"):
                errors.capture_performance_issue(name, milliseconds=9, threshold=1, table=table)
        clock.now += 60
        errors.capture_performance_issue("slow_request", milliseconds=9, threshold=1)

    told = [(report["message"], about(report).get("dropped")) for report in kept.reports]
    assert told == [("slow_request", None), ("slow_table_call", None), ("slow_request", 3)]


def test_a_report_that_fails_fails_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_reports() as kept:
        monkeypatch.setattr(kept, "keep", lambda *_: 1 / 0)

        errors.capture_exception(ValueError())

    assert kept.reports == []


@pytest.mark.parametrize(
    ("table", "told"),
    [("greenroom-dev-bookings", "bookings"), ("limits", "limits"), ("greenroom-ada@example.com", "other")],
)
def test_a_table_is_named_by_what_it_is_for(table: str, told: str) -> None:
    with kept_reports() as kept, errors.request_scope(function="a", route="GET /a", request_id="r1"):
        errors.table_breadcrumb("GetItem", table, 9999)

    assert about(kept.reports[0])["table"] == told


def test_every_field_with_which_a_fault_is_reported_reaches_the_report() -> None:
    used = {
        keyword.arg
        for folder in ("layers/greenroom", "functions")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in {"report_fault", "capture_exception"}
        for keyword in node.keywords
    }

    assert {"booking_id", "route"} <= used
    assert used - {None} <= scrub.FIELDS
