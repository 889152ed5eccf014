"""What a function loads before its first request: counted, not timed, so that it is the same everywhere."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stacks.functions import PLANS
from tests.unit.test_init import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
MARGIN = 1.02

MODULES = {
    "auth": 327,
    "bookings": 280,
    "catalog": 294,
    "health": 188,
    "outbox": 189,
    "payments": 273,
    "smoke": 359,
    "sweeper": 189,
}
"""Modules of others' and of ours that each function has loaded when its init is over."""

HEAVY = (
    "argon2",
    "boto3",
    "cryptography.x509.base",
    "icalendar",
    "jwt",
    "matplotlib",
    "prometheus_client",
    "redis",
    "sentry_sdk",
    "stripe",
    "webauthn",
)
"""What takes long to load, and is loaded by whoever needs it, when he does."""
NEEDED = {
    "auth": {"argon2", "jwt"},
    "smoke": {"boto3", "cryptography.x509.base"},
    **{name: {"jwt"} for name in ("bookings", "catalog", "payments")},
}
"""Health is asked by those who have no token; what reads one is loaded with the first."""

LOOK = """
import gc, importlib, json, sys
importlib.import_module(sys.argv[1])
loaded = sorted(name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names)
json.dump({"loaded": loaded, "collects": gc.isenabled(), "frozen": gc.get_freeze_count()}, sys.stderr)
"""


def _start(function: str, **settings: str) -> dict[str, Any]:
    """Start one function in a process of its own, under a runtime that takes no extensions."""
    outcome = subprocess.run(
        [sys.executable, "-c", LOOK, f"functions.{function}.main"],
        env={
            **SETTINGS,
            "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "UNDELIVERED_QUEUE_URL": "https://queue.test/undelivered",
            "SMOKE_VERSIONS": "",
            "SENTRY_DSN": "https://key@reports.test/7",
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            **settings,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(outcome.stderr)
    return found


@pytest.fixture(scope="module", params=[plan.name for plan in PLANS])
def started(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Start one function, for which somebody waits."""
    return request.param, _start(request.param)


def test_a_start_loads_no_more_modules_than_it_did(started: tuple[str, dict[str, Any]]) -> None:
    name, found = started
    count = len(found["loaded"])
    print(f"{name}: {count} modules of {MODULES[name]}")

    assert count <= MODULES[name] * MARGIN


def test_a_start_loads_nothing_heavy_that_its_function_does_not_need_at_once(
    started: tuple[str, dict[str, Any]],
) -> None:
    name, found = started

    assert {each for each in HEAVY if each in found["loaded"]} == NEEDED.get(name, set())


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start"])
def test_a_start_that_nobody_waits_for_loads_what_reports_errors_and_sends_mails(kind: str) -> None:
    loaded = _start("auth", AWS_LAMBDA_INITIALIZATION_TYPE=kind)["loaded"]

    assert {"sentry_sdk", "boto3", "cryptography.x509.base"} <= set(loaded)


def test_a_start_collects_no_garbage_and_its_function_does(started: tuple[str, dict[str, Any]]) -> None:
    _, found = started

    assert found["collects"]
    assert found["frozen"] > 10_000
