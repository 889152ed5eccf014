"""Health endpoints tell who watches whether to send requests here, and nothing of what is inside."""

import json
from typing import Any

import pytest

from functions.health.routes import HealthApp, routes
from greenroom.gateway.dispatch import Composition, Function
from greenroom.telemetry.health import HealthChecks
from greenroom.telemetry.logs import add_sink, remove_sink


def _fail() -> None:
    raise ConnectionError("hunter2 at 10.0.0.1")


def ask(
    path: str, *, failing: tuple[str, ...] = (), critical: bool = True
) -> tuple[int, Any, dict[str, str]]:
    checks = HealthChecks()
    for name in ("table_a", "table_b"):
        checks.register_health_check(
            name, _fail if name in failing else lambda: None, critical=critical, timeout=20
        )
    app = HealthApp(checks=checks, stage="test", version="1.2.3")
    function = Function(routes, lambda: Composition(app=app))
    lines: list[dict[str, Any]] = []
    add_sink(lines.append)
    try:
        answer = function({"httpMethod": "GET", "resource": path})
    finally:
        remove_sink(lines.append)
    assert "hunter2" not in answer["body"]
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_liveness_asks_nobody() -> None:
    status, body, headers = ask("/health/live", failing=("table_a", "table_b"))

    assert (status, body) == (200, {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"


def test_readiness_names_every_check() -> None:
    status, body, headers = ask("/health/ready")

    assert (status, body["status"]) == (200, "ok")
    assert [(check["name"], check["status"]) for check in body["checks"]] == [
        ("table_a", "ok"),
        ("table_b", "ok"),
    ]
    assert all(check.keys() == {"name", "status", "milliseconds"} for check in body["checks"])
    assert headers["Cache-Control"] == "no-store"


def test_a_critical_check_that_fails_makes_us_unready_and_is_named() -> None:
    status, body, headers = ask("/health/ready", failing=("table_b",))

    assert (status, body["status"]) == (503, "failing")
    assert [check["status"] for check in body["checks"]] == ["ok", "failing"]
    assert headers["Content-Type"] == "application/json"


def test_a_check_that_is_not_critical_is_named_and_leaves_us_ready() -> None:
    status, body, _ = ask("/health/ready", failing=("table_b",), critical=False)

    assert (status, body["status"]) == (200, "ok")
    assert [check["status"] for check in body["checks"]] == ["ok", "failing"]


@pytest.mark.parametrize(("failing", "status", "word"), [((), 200, "ok"), (("table_a",), 503, "failing")])
def test_the_summary_tells_version_and_stage(failing: tuple[str, ...], status: int, word: str) -> None:
    told, body, _ = ask("/health", failing=failing)

    assert told == status
    assert body.keys() == {"status", "version", "stage", "response_ms"}
    assert (body["status"], body["version"], body["stage"]) == (word, "1.2.3", "test")
