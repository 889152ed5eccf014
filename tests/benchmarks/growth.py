"""Compares a request with the same one where there is ten times as much of what is not asked about.

``python -m tests.benchmarks.growth`` prints, by what has grown and request: calls of the tables, read and
write units, bytes that the tables answered and bytecodes of Python, few and many, and the ratio of
milliseconds of processor with its spread. Calls and units must be the same; but the emulator tells a read's
units by the call, whatever its size, so bytes are counted too. Those and bytecodes differ a little by a
request's own ids and times. Both sizes take turns, each in tables of its own.
``--counts`` leaves the processor out, and prints the counts as JSON.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any, NamedTuple

from greenroom.gateway.dispatch import Function
from greenroom.gateway.routes import Routes
from greenroom.telemetry import logs
from local.emulator import Emulator
from local.resources import client
from tests.benchmarks.catalogue import write
from tests.benchmarks.elsewhere import BASE, elsewhere
from tests.benchmarks.house import Event, House
from tests.benchmarks.tls import Relay, running_relay
from tests.support.emulator import EXECUTABLE, RunningEmulator
from tests.support.functions import running_functions

TIMES = 10
ROUNDS = 100
_COUNTED = 3
"""Requests of each that are counted, of which the median holds."""
REQUESTS = ("a booking", "own bookings", "a week's availability", "book")
"""Those that must not notice what else the tables hold, by their names in ``House``."""
ROUTED = ("health/live", "a booking")
"""Those that must not notice how many other routes their function has."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two that are compared: a function, and what makes its next event."""

    function: Function[Any]
    event: Callable[[], Event]
    relay: Relay
    """What it reaches its tables through."""

    def ask(self, event: Event) -> None:
        """Have an event answered."""
        answer = self.function(event)
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"what is compared was refused: {answer['body']}")


@dataclass(frozen=True, slots=True)
class Case:
    """What grows, the request that is made with little and with much of it."""

    grown: str
    request: str
    few: Side
    many: Side


class Counts(NamedTuple):
    """What one request asks of the tables, and the bytecodes it takes."""

    calls: float
    read_units: float
    write_units: float
    answered: float
    """Bytes that came back from the tables."""
    bytecodes: float


def _bytecodes(act: Callable[[], None]) -> int:
    """Do something, and return how many bytecodes of Python that took in this thread."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(None)
    return count


def _counts(side: Side) -> Counts:
    """Count a request in a warm function by its own line."""
    side.ask(side.event())
    found: list[Counts] = []
    for _ in range(_COUNTED):
        heard: list[dict[str, Any]] = []
        at_hand, before = side.event(), side.relay.answered
        logs.add_sink(heard.append)
        try:
            bytecodes = _bytecodes(partial(side.ask, at_hand))
        finally:
            logs.remove_sink(heard.append)
        (line,) = (line for line in heard if line["category"] == "request")
        answered = side.relay.answered - before
        asked = [float(line.get(name, 0)) for name in ("table_calls", "read_units", "write_units")]
        found.append(Counts._make([*asked, answered, bytecodes]))
    return Counts._make(map(median, zip(*found, strict=True)))


def _with_more_routes(function: Function[Any]) -> Function[Any]:
    """Return a function of the same services that has nine times as many other routes before its own."""
    grown = Routes(function.routes.function)
    for number in range(1, TIMES):
        for route in function.routes:
            path = f"/v{number + 1}{route.path.removeprefix('/v1')}"
            grown._table.setdefault(path, {})[route.method] = replace(route, path=path)
    grown._table.update(function.routes._table)
    return Function(grown, lambda: function.composition)


@contextmanager
def _house(relay: Relay, times: int) -> Iterator[House]:
    """Run the functions over tables of their own with so many times as much as they are not asked about."""
    with running_functions(RunningEmulator(relay.url)) as running:
        for function in running.functions.values():
            # Now: once another house is opened, the environment is that one's.
            _ = function.composition
        house = House(running, running.add_celebrity("agent"), running.settings, relay)
        write(client("dynamodb", relay.url), running.names["bookings"], elsewhere(house, times * BASE))
        yield house


def _side(house: House, request: str) -> Side:
    function, event = house.routes()[request]
    assert house.relay is not None
    return Side(house.running.functions[function], event, house.relay)


@contextmanager
def cases() -> Iterator[list[Case]]:
    """Make all that is compared, in an emulator of its own."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        emulator = Emulator(EXECUTABLE, Path(folder), persist=False)
        emulator.start()
        stack.callback(emulator.stop)
        relay = stack.enter_context(running_relay(emulator.url, Path(folder), tls=False))
        few, many = (stack.enter_context(_house(relay, times)) for times in (1, TIMES))
        made = [Case("data", request, _side(few, request), _side(many, request)) for request in REQUESTS]
        for request in ROUTED:
            side = _side(many, request)
            made.append(
                Case("routes", request, side, replace(side, function=_with_more_routes(side.function)))
            )
        yield made


def _processor(case: Case, rounds: int) -> list[float]:
    """Return ratios of milliseconds of processor, of blocks of ten requests each that took turns."""
    ratios = []
    for _ in range(max(1, rounds // 10)):
        spent = {"few": 0.0, "many": 0.0}
        for _ in range(10):
            for name in random.sample(("few", "many"), 2):
                side: Side = getattr(case, name)
                event = side.event()
                began = time.thread_time()
                side.ask(event)
                spent[name] += time.thread_time() - began
        ratios.append(spent["many"] / spent["few"])
    return ratios


def report(rounds: int) -> str:
    """Return the table as Markdown."""
    columns = "request | calls | read units | write units | bytes answered | bytecodes | ratio of processor"
    lines = [f"| {TIMES} times as many | {columns} | least to most |", "| --- " * 9 + "|"]
    with cases() as made:
        for case in made:
            few, many, ratios = _counts(case.few), _counts(case.many), _processor(case, rounds)
            told = " | ".join(f"{one:.10g} to {other:.10g}" for one, other in zip(few, many, strict=True))
            lines.append(
                f"| {case.grown} | {case.request} | {told} "
                f"| {median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="requests of each that are timed")
    parser.add_argument("--counts", action="store_true", help="only count, and print JSON")
    options = parser.parse_args()
    logs.add_sink(lambda _: None)
    if not options.counts:
        print(report(options.rounds))
        return
    with cases() as made:
        counted = [
            {
                "request": case.request,
                "grown": case.grown,
                **{
                    name: [getattr(found, name) for found in (_counts(case.few), _counts(case.many))]
                    for name in Counts._fields
                },
            }
            for case in made
        ]
    print(json.dumps(counted))


if __name__ == "__main__":
    main()
