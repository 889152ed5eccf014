"""Health checks run at once, each within its own time, and one that fails or hangs fails alone."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from greenroom.telemetry.health import CheckResult, Group, HealthChecks, Status, overall
from greenroom.telemetry.invocations import Invocation, invocation


def _fail() -> None:
    raise ConnectionError("hunter2 at 10.0.0.1")


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def failures(at_hand: Invocation) -> list[str]:
    return [s.dimensions["check"] for s in at_hand.samples if s.metric.name == "HealthCheckFailures"]


def test_results_come_in_the_order_of_registration_with_what_was_registered() -> None:
    checks = HealthChecks()
    for name, critical in (("c", True), ("a", False), ("b", True)):
        checks.register_health_check(name, lambda: None, critical=critical)

    results = checks.run()

    assert [(result.name, result.critical, result.ok) for result in results] == [
        ("c", True, True),
        ("a", False, True),
        ("b", True, True),
    ]
    assert all(result.milliseconds >= 0 for result in results)


def test_without_checks_there_is_nothing_to_tell() -> None:
    assert HealthChecks().run() == []
    assert overall([]) == "ok"


def test_a_name_is_registered_once() -> None:
    checks = HealthChecks()
    checks.register_health_check("a", lambda: None)

    with pytest.raises(ValueError, match="registered twice"):
        checks.register_health_check("a", lambda: None)


def test_checks_run_at_the_same_time() -> None:
    meeting = threading.Barrier(4, timeout=20)
    checks = HealthChecks()
    for number in range(4):
        checks.register_health_check(str(number), meeting.wait, timeout=20)

    assert all(result.ok for result in checks.run())


def test_only_what_is_asked_for_is_run() -> None:
    ran: list[str] = []

    def noting(name: str) -> Callable[[], None]:
        return lambda: ran.append(name)

    checks = HealthChecks()
    checks.register_health_check("table", noting("table"), group=Group.DATABASE)
    checks.register_health_check("old", noting("old"), group=Group.DATABASE, critical=False)
    checks.register_health_check("mail", noting("mail"), group=Group.EXTERNAL, critical=False)

    external = [result.name for result in checks.run(Group.EXTERNAL)]
    critical = [result.name for result in checks.run(critical_only=True)]

    assert (external, critical) == (["mail"], ["table"])
    assert ran == ["mail", "table"]


@pytest.mark.parametrize(
    ("ok", "critical", "status"),
    [(True, True, "ok"), (True, False, "ok"), (False, True, "failing"), (False, False, "degraded")],
)
def test_what_a_failure_means_hangs_on_whether_requests_need_it(
    ok: bool, critical: bool, status: Status
) -> None:
    result = CheckResult(name="a", group=Group.CACHE, ok=ok, critical=critical, milliseconds=1)

    assert result.status == status
    assert overall([result]) == status


def test_the_worst_status_is_that_of_all() -> None:
    def result(*, critical: bool) -> CheckResult:
        return CheckResult(name="a", group=Group.CACHE, ok=False, critical=critical, milliseconds=1)

    degraded, failing = result(critical=False), result(critical=True)

    assert overall([degraded, failing]) == overall([failing, degraded]) == "failing"


def test_one_that_fails_fails_alone_and_its_cause_is_for_the_log(lines: list[dict[str, Any]]) -> None:
    checks = HealthChecks()
    checks.register_health_check("good", lambda: None)
    checks.register_health_check("bad", _fail)

    good, bad = checks.run()

    assert (good.ok, bad.ok) == (True, False)
    assert "hunter2" not in str(bad)
    (line,) = lines
    assert (line["category"], line["level"]) == ("health", "ERROR")
    assert (line["check"], line["error"]) == ("bad", "ConnectionError")
    assert "hunter2" not in str(line)


def test_what_nobody_needs_fails_with_a_warning(lines: list[dict[str, Any]]) -> None:
    checks = HealthChecks()
    checks.register_health_check("bad", _fail, critical=False)

    checks.run()

    assert [line["level"] for line in lines] == ["WARNING"]


def test_one_that_hangs_fails_after_its_own_time_and_holds_nobody(lines: list[dict[str, Any]]) -> None:
    ending = threading.Event()
    checks = HealthChecks()
    checks.register_health_check("hanging", lambda: ending.wait(60), timeout=0.05)
    checks.register_health_check("quick", lambda: None, timeout=20)

    try:
        hanging, quick = checks.run()
    finally:
        ending.set()

    assert (hanging.ok, quick.ok) == (False, True)
    assert 40 <= hanging.milliseconds < 20_000
    assert [line["error"] for line in lines] == ["TimeoutError"]


def test_a_flood_of_questions_is_no_flood_of_round_trips() -> None:
    clock, calls = Clock(), []
    checks = HealthChecks(clock)
    checks.register_health_check("table", lambda: calls.append(1))

    for _ in range(100):
        checks.run()
    in_the_first_second = len(calls)
    clock.now += 1
    checks.run()

    assert (in_the_first_second, len(calls)) == (1, 2)


def test_a_change_is_seen_a_second_later_in_both_directions() -> None:
    clock, broken = Clock(), threading.Event()
    checks = HealthChecks(clock)
    checks.register_health_check("table", lambda: _fail() if broken.is_set() else None)

    def status() -> str:
        clock.now += 1
        return overall(checks.run())

    before = status()
    broken.set()
    during = status()
    broken.clear()

    assert (before, during, status()) == ("ok", "failing", "ok")


def test_each_failed_round_trip_is_counted_and_each_change_is_a_line(lines: list[dict[str, Any]]) -> None:
    clock, broken = Clock(), threading.Event()
    checks = HealthChecks(clock)
    checks.register_health_check("table", lambda: _fail() if broken.is_set() else None)
    broken.set()

    with invocation("health") as at_hand:
        for _ in range(3):
            checks.run()
            checks.run()
            clock.now += 1
        broken.clear()
        checks.run()
        counted = failures(at_hand)

    assert counted == ["table"] * 3
    assert [(line["level"], line["message"]) for line in lines] == [
        ("ERROR", "health check failed"),
        ("INFO", "health check recovered"),
    ]


def test_one_check_can_ask_for_another() -> None:
    checks = HealthChecks()
    checks.register_health_check("good", lambda: None)
    checks.register_health_check("bad", _fail)

    assert (checks.well("good"), checks.well("bad")) == (True, False)
