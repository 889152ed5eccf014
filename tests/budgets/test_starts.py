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

# What a function needs for most of its requests is a plain import, so init loads it: stripe's 320 modules in
# payments and the sweeper, icalendar's 84 in the outbox, and in health the verifier's 76, the catalogue's 25,
# Prometheus's 30 and those of the probes. awscrt and botocore's errors are 13.
MODULES = {
    "auth": 377,
    "bookings": 305,
    "catalog": 316,
    "health": 348,
    "outbox": 296,
    "payments": 614,
    "smoke": 370,
    "sweeper": 517,
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
"""What takes long to load: init loads it only in the functions that need it for most requests."""
_TOKENS = {"cryptography.x509.base", "jwt"}
NEEDED = {
    "auth": {"argon2", *_TOKENS},
    "bookings": _TOKENS,
    "catalog": _TOKENS,
    "health": {"prometheus_client", *_TOKENS},
    "outbox": {"icalendar"},
    "payments": {"stripe", *_TOKENS},
    "smoke": {"boto3", "cryptography.x509.base"},
    "sweeper": {"stripe"},
}
"""PyJWT loads X.509."""

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
    """Start one function on demand: a request waits for it."""
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
def test_a_prewarmed_start_loads_the_libraries_that_report_errors_and_send_mails(kind: str) -> None:
    loaded = _start("auth", AWS_LAMBDA_INITIALIZATION_TYPE=kind)["loaded"]

    assert {"sentry_sdk", "boto3"} <= set(loaded)


def test_a_start_collects_no_garbage_and_its_function_does(started: tuple[str, dict[str, Any]]) -> None:
    _, found = started

    assert found["collects"]
    assert found["frozen"] > 10_000
