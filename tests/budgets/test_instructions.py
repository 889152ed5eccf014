"""What a start and a warm request take in instructions: counted by valgrind, so that it is no matter of load.

A budget is a share of the yardstick, in thousandths: see ``tests/benchmarks/instructions.py``, whose last
lines are the tables below. Twice counted they differ by 0.05 % at most. Another build of the same Python
takes a sixth less, and the shares of starts differ by up to 1.5 %, those of requests by 8 %: so there the
margin is wider. Those of another minor version would be others.
"""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks import instructions
from tests.benchmarks.house import House
from tests.benchmarks.instructions import Counted
from tests.support.emulator import RunningEmulator
from tests.support.functions import running_functions

PYTHON = (3, 11)
MARGIN, ELSEWHERE = 1.02, 1.10
"""Under the build of Python that the budgets are from, which the yardstick tells, and under any other."""
SAME_BUILD = 0.01

YARDSTICK = 484.6
"""Millions of instructions."""

# About 420 million of each start are the entropy that awscrt's TLS library (AWS-LC) collects when it loads.
STARTS = {
    "auth": 4803.79,
    "bookings": 3881.23,
    "catalog": 3770.19,
    "health": 3886.45,
    "outbox": 3059.09,
    "payments": 5057.89,
    "smoke": 3941.94,
    "sweeper": 4189.19,
}

REQUESTS = {
    "health/live": 1.66,
    "a booking": 7.36,
}


@pytest.fixture(scope="module", autouse=True)
def _countable() -> None:
    """Without what counts skip, but in CI fail."""
    if sys.version_info[:2] != PYTHON:
        pytest.skip(f"the budgets are those of Python {PYTHON[0]}.{PYTHON[1]}: nothing was counted")
    if instructions.VALGRIND is None:
        if os.environ.get("CI") == "true":
            pytest.fail("valgrind was not found, and in CI instructions must be counted")
        pytest.skip("valgrind was not found on this machine: no instruction was counted")


@pytest.fixture(scope="module")
def house(emulator: RunningEmulator) -> Iterator[House]:
    with running_functions(emulator, rate_limits="on") as running:
        yield House(running, running.add_celebrity("agent"), running.settings)


def _check(name: str, counted: Counted, budget: float) -> None:
    share, yardstick = counted.share, instructions.yardstick() / 1e6
    margin = MARGIN if abs(yardstick / YARDSTICK - 1) < SAME_BUILD else ELSEWHERE
    print(
        f"{name}: {share:.2f} thousandths of {budget}, margin {margin}; "
        f"{counted.instructions / 1e6:.2f} million instructions, {yardstick:.1f} a yardstick"
    )

    assert share <= budget * margin


@pytest.mark.parametrize("function", STARTS)
def test_a_start_takes_no_more_instructions_than_it_did(function: str) -> None:
    _check(function, instructions.start(function), STARTS[function])


@pytest.mark.parametrize("route", REQUESTS)
def test_a_warm_request_takes_no_more_instructions_than_it_did(house: House, route: str) -> None:
    _check(route, instructions.request(house, route), REQUESTS[route])


def test_every_function_and_every_counted_route_has_a_budget() -> None:
    assert set(STARTS) == instructions.FUNCTIONS
    assert set(REQUESTS) == set(instructions.ROUTES)
