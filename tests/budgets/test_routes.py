"""What a request asks of the tables, and what it writes to the log: counts, printed, each with its budget."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from greenroom.telemetry import logs
from tests.benchmarks.house import House
from tests.support.emulator import RunningEmulator
from tests.support.functions import running_functions

pytestmark = pytest.mark.xdist_group("recorded")

MARGIN = 1.02
BUDGETS = {
    "health/live": (0, 0, 1, 503),
    "a celebrity": (2, 1, 1, 817),
    "list celebrities": (2, 1, 1, 806),
    "a week's availability": (3, 1, 1, 840),
    # The account's log has a line of its own for each login.
    "log in": (7, 11, 2, 1312),
    "me": (2, 1, 1, 724),
    "a booking": (2, 1, 1, 749),
    "own bookings": (2, 1, 1, 735),
    "book": (3, 14, 1, 893),
    "ledger": (3, 1, 1, 760),
}
"""By route: round trips to the tables, write units with those of indexes, log lines and their bytes, the
counting of the request and its metrics included."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One successful request in a warm function: all the lines that it wrote."""

    lines: list[dict[str, Any]]

    @property
    def line(self) -> dict[str, Any]:
        """The request's own line."""
        return next(line for line in self.lines if line["category"] == "request")

    @property
    def size(self) -> int:
        """Bytes of all lines, as they are written."""
        return sum(len(json.dumps(line, separators=(",", ":"))) + 1 for line in self.lines)


@contextmanager
def _lines() -> Iterator[list[dict[str, Any]]]:
    heard: list[dict[str, Any]] = []
    logs.add_sink(heard.append)
    try:
        yield heard
    finally:
        logs.remove_sink(heard.append)


@pytest.fixture(scope="module")
def asked(emulator: RunningEmulator) -> dict[str, Asked]:
    """Ask each route four times, with limits on, and keep the shortest told of the later three.

    Now and then a line also carries what the sandbox took of its memory, or tells of a slow call.
    """
    found = {}
    with running_functions(emulator, rate_limits="on") as running:
        house = House(running, running.add_celebrity("agent"), {})
        for name, (function, event) in house.routes().items():
            times = []
            for _ in range(4):
                at_hand = event()
                with _lines() as heard:
                    answer = running.functions[function](at_hand)
                assert answer["statusCode"] < 300, answer["body"]
                times.append(Asked(heard))
            found[name] = min(times[1:], key=lambda each: each.size)
    return found


@pytest.mark.parametrize("name", BUDGETS)
def test_a_request_asks_no_more_of_the_tables_than_it_did(asked: dict[str, Asked], name: str) -> None:
    line, (calls, units, _, _) = asked[name].line, BUDGETS[name]
    written = line.get("write_units", 0)
    print(f"{name}: {line['table_calls']} calls of {calls}, {written:g} write units of {units}")

    assert line["table_calls"] <= calls * MARGIN
    assert written <= units * MARGIN


@pytest.mark.parametrize("name", BUDGETS)
def test_a_successful_request_writes_no_more_to_the_log_than_it_did(
    asked: dict[str, Asked], name: str
) -> None:
    found, (_, _, lines, size) = asked[name], BUDGETS[name]
    print(f"{name}: {found.size} bytes of {size}, {len(found.lines)} lines of {lines}")

    assert len(found.lines) <= lines
    assert found.size <= size * MARGIN


def test_every_route_that_is_measured_has_a_budget(asked: dict[str, Asked]) -> None:
    assert asked.keys() == BUDGETS.keys()
