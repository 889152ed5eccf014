"""Drives every way there is to emit a metric, inside an invocation, and returns the lines written."""

import inspect
from typing import Any

import pytest

from greenroom.telemetry import invocations, logs, metrics, usage
from greenroom.telemetry.usage import Usage

CALLS: dict[str, list[dict[str, Any]]] = {
    "record_request": [
        {"route": "/v1/me", "status": status, "milliseconds": 12.5} for status in (200, 404, 503)
    ],
    "record_usage": [{}, {}],
    "record_fault": [{}],
    "record_database_call": [
        {"milliseconds": 4.0, "failed": failed, "throttled": throttled}
        for failed, throttled in ((False, False), (True, False), (True, True))
    ],
    "record_key_call": [{"milliseconds": 20.0, "failed": True}],
    "record_cache_operation": [{"outcome": outcome} for outcome in ("hit", "miss", "error")],
    "record_limit_denial": [{"limit": "general"}],
    "record_limit_store_failure": [{}],
    "record_transition": [{"transition": "confirmed"}],
    "record_time_to_answer": [{"seconds": 60.0}],
    "record_payment": [
        {"outcome": outcome, "amount": 5_000, "currency": "EUR"} for outcome in ("captured", "returned")
    ],
    "record_provider_call": [{"milliseconds": 300.0, "failed": True}],
    "record_mail": [{"sent": True}, {"sent": False}],
    "record_outbox_age": [{"seconds": 1.0}],
    "record_sweep_lag": [{"seconds": 1.0}],
    "record_health_check_failure": [{"check": "table_bookings"}],
}
"""By the function that records, what it is called with."""


def recorders() -> set[str]:
    """Return the names of the functions that record."""
    return {
        name
        for name, found in vars(metrics).items()
        if name.startswith("record_") and inspect.isfunction(found) and found.__module__ == metrics.__name__
    }


def drive(stage: str) -> list[dict[str, Any]]:
    """Return the lines of one invocation that measured everything."""
    lines: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STAGE", stage)
        patch.setattr(metrics, "_usage", Usage())
        patch.setattr(usage, "EVERY_SECONDS", 0)
        patch.setattr(logs, "_sinks", [lines.append])
        with invocations.invocation("auth", cold=True, answers=True):
            for name, calls in CALLS.items():
                for arguments in calls:
                    getattr(metrics, name)(**arguments)
            logs.log_security("authn_login_fail", "WARN")
            logs.log_auth("authn_login_success")
            logs.log_request(status=200, route="/v1/me", method="GET", duration_ms=12.5)
    return lines
