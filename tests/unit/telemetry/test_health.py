"""Health checks run at once, each within its own time, and one that fails or hangs fails alone."""

import threading
from typing import Any

from greenroom.telemetry.health import HealthChecks


def _fail() -> None:
    raise ConnectionError("hunter2 at 10.0.0.1")


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


def test_checks_run_at_the_same_time() -> None:
    meeting = threading.Barrier(4, timeout=20)
    checks = HealthChecks()
    for number in range(4):
        checks.register_health_check(str(number), meeting.wait, timeout=20)

    assert all(result.ok for result in checks.run())


def test_one_that_fails_fails_alone_and_its_cause_is_for_the_log(lines: list[dict[str, Any]]) -> None:
    checks = HealthChecks()
    checks.register_health_check("good", lambda: None)
    checks.register_health_check("bad", _fail, critical=False)

    good, bad = checks.run()

    assert (good.ok, bad.ok, bad.critical) == (True, False, False)
    assert "hunter2" not in str(bad)
    (line,) = lines
    assert (line["level"], line["check"], line["error"]) == ("ERROR", "bad", "ConnectionError")
    assert "hunter2" not in str(line)


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
