"""A request asks and does the same among ten times as many other data and routes: counted, and printed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.growth import REQUESTS, ROUTED

ROOT = Path(__file__).resolve().parents[2]
MARGIN = 1.02
CASES = (*((request, "data") for request in REQUESTS), *((request, "routes") for request in ROUTED))


@pytest.fixture(scope="module")
def counted() -> dict[tuple[str, str], dict[str, list[float]]]:
    """Count in a process of its own, in which nothing else traces: by request and what has grown."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    outcome = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.growth", "--counts"],
        cwd=ROOT,
        env={**inherited, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    cases: list[dict[str, Any]] = json.loads(outcome.stdout)
    return {(case.pop("request"), case.pop("grown")): case for case in cases}


def test_everything_that_is_compared_is_gated(counted: dict[tuple[str, str], Any]) -> None:
    assert tuple(counted) == CASES


@pytest.mark.parametrize("case", CASES, ids=" among ten times as many ".join)
def test_a_request_asks_exactly_as_much_of_the_tables(
    counted: dict[tuple[str, str], dict[str, list[float]]], case: tuple[str, str]
) -> None:
    for kind in ("calls", "read_units", "write_units"):
        few, many = counted[case][kind]
        print(f"{case}: {kind} {few:g} and {many:g}")

        assert few == many


@pytest.mark.parametrize("case", CASES, ids=" among ten times as many ".join)
@pytest.mark.parametrize("kind", ["answered", "bytecodes"])
def test_a_request_reads_and_does_as_much(
    counted: dict[tuple[str, str], dict[str, list[float]]], case: tuple[str, str], kind: str
) -> None:
    few, many = counted[case][kind]
    print(f"{case}: {kind} {few:.0f} and {many:.0f}")

    assert many <= few * MARGIN
