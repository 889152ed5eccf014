"""Which lines are written at which level, seen from outside: each case is a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]

LOOK = """
from greenroom.telemetry import logs
from greenroom.telemetry.invocations import invocation
for _ in range({times}):
    logs.sample_debug()
    with invocation("s"):
        logs.log_database("GetItem", "t", 1.0, read_units=0.5)
        logs.log_database("GetItem", "t", 700.0)
        logs.log_database("GetItem", "t", 1.0, error="InternalServerError")
"""


def _lines_at(times: int = 1, **environment: str) -> list[dict[str, Any]]:
    printed = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", LOOK.format(times=times)],
        env={"PYTHONPATH": "layers", **environment},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [json.loads(line) for line in printed.splitlines()]


def test_a_table_call_is_told_when_it_is_slow_or_fails() -> None:
    assert [(line["duration_ms"], line.get("error")) for line in _lines_at()] == [
        (700.0, None),
        (1.0, "InternalServerError"),
    ]


def test_at_debug_every_table_call_is_told() -> None:
    first, *_ = _lines_at(LOG_LEVEL="DEBUG")

    told = {"level": "DEBUG", "category": "database", "operation": "GetItem", "table": "t", "read_units": 0.5}
    assert first.items() >= told.items()


@pytest.mark.parametrize(("rate", "told"), [("0", 0), ("1", 20)])
def test_a_share_of_invocations_is_told_in_full(rate: str, told: int) -> None:
    lines = _lines_at(20, LOG_SAMPLE_RATE=rate)

    assert sum(line["level"] == "DEBUG" for line in lines) == told
    assert len(lines) == 40 + told
    assert not any("sampling_rate" in line for line in lines)


def test_the_share_is_decided_anew_for_each_invocation() -> None:
    lines = _lines_at(400, LOG_SAMPLE_RATE="0.5")

    assert 100 < sum(line["level"] == "DEBUG" for line in lines) < 300
