"""Counts the instructions of a start and of a warm request, by valgrind: the same on a busy machine.

``python -m tests.benchmarks.instructions`` prints them, and last of all the budgets to paste into
``tests/budgets/test_instructions.py``. Only this process's own code counts, and that of its libraries: the
kernel does not, nor do the tables, which are another process. It is cachegrind's count without its caches:
callgrind's differs by 0.3 %, and takes two and a half times as long.

Another build of the same Python takes a sixth less for the same. So what is gated is a ratio: to the
yardstick, which is the import of much of Python's own library by the same interpreter.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from greenroom.telemetry.logs import add_sink
from local.emulator import Emulator
from stacks.functions import PLANS
from tests.benchmarks.house import A_SESSION, House
from tests.support.emulator import EXECUTABLE, RunningEmulator
from tests.support.functions import running_functions
from tests.unit.test_init import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
VALGRIND = shutil.which("valgrind")
FUNCTIONS = frozenset(plan.name for plan in PLANS)
_WARMING = 10
ROUTES = {"health/live": 200, "a booking": A_SESSION - _WARMING}
"""The requests that are counted, by their names in ``House``, and how many of each: as many as always begin
one session among them, for the first of each is dearer."""

_NOTHING = "pass"
_YARDSTICK = """
import argparse, asyncio, concurrent.futures, configparser, csv, dataclasses, decimal, difflib, doctest
import email.message, email.parser, fractions, html.parser, http.client, http.server, inspect, ipaddress, json
import logging.config, multiprocessing, optparse, pathlib, pdb, pickle, platform, pydoc, shelve, smtplib
import statistics, subprocess, tarfile, tempfile, threading, tomllib, typing, unittest, urllib.request, uuid
import xml.dom.minidom, xml.etree.ElementTree, zipfile, zoneinfo
"""
_START = "import importlib, sys; importlib.import_module(f'functions.{sys.argv[1]}.main')"
_SERVE = """
import importlib, json, sys
handler = importlib.import_module(f"functions.{sys.argv[1]}.main").handler
events = json.load(sys.stdin)
for event in events[:int(sys.argv[2])]:
    answer = handler(event)
    if answer["statusCode"] != 200:
        sys.exit(f"{sys.argv[1]}: {answer['body']}")
"""
_RUNTIME = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
"""By which a function composes itself while it is imported, as under Lambda's runtime."""


class CountFailed(Exception):
    """What was to be counted did not come to its end, or not to the same one twice; the message says how."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Instructions, and how many thousandths of the yardstick they are."""

    instructions: int

    @property
    def share(self) -> float:
        """The ratio that is gated."""
        return 1000 * self.instructions / yardstick()


def _run(command: Sequence[str], environment: Mapping[str, str], given: str) -> str:
    """Run Python without what an environment loads into each start, and return what went to its errors."""
    paths = (ROOT / "layers", ROOT, sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    outcome = subprocess.run(
        command,
        env={
            **environment,
            "PATH": os.defpath,
            "PYTHONPATH": ":".join(dict.fromkeys(map(str, paths))),
            "PYTHONHASHSEED": "0",
        },
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode:
        raise CountFailed(outcome.stderr[-2000:])
    return outcome.stderr


def _count(
    code: str, *arguments: str, environment: Mapping[str, str] | None = None, given: Callable[[], str] = str
) -> int:
    """Return the instructions of a program, which is given something to read.

    It runs once uncounted, so that the bytecode of all it imports is there and none is made while it counts.
    """
    python = (sys.executable, "-S", "-c", code, *arguments)
    _run(python, environment or {}, given())
    counting = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
    told = _run((str(VALGRIND), *counting, *python), environment or {}, given())
    (total,) = re.findall(r"I\s+refs:\s+([0-9,]+)", told)
    return int(total.replace(",", ""))


@cache
def _nothing() -> int:
    """Return what an interpreter takes that is begun and ends."""
    return _count(_NOTHING)


@cache
def yardstick() -> int:
    """Return the instructions of the yardstick, those of the interpreter's own start left out."""
    return _count(_YARDSTICK) - _nothing()


def start(function: str) -> Counted:
    """Return what a function's import and composition take, the interpreter's own start left out."""
    environment = {
        **SETTINGS,
        **_RUNTIME,
        "UNDELIVERED_QUEUE_URL": "https://queue.test/undelivered",
        "SMOKE_VERSIONS": "",
    }
    return Counted(_count(_START, function, environment=environment) - _nothing())


def request(house: House, route: str) -> Counted:
    """Return what one warm request of a route takes: many more of them, less as many as only warm."""
    function, make = house.routes()[route]
    environment = {**house.settings, **_RUNTIME, "RATE_LIMITS": "on"}
    many = ROUTES[route]

    def events() -> str:
        # Anew each time, for a session makes only so many requests; all are read, however many are made.
        return json.dumps([make() for _ in range(_WARMING + many)])

    def counted(calls: int) -> int:
        return _count(_SERVE, function, str(calls), environment=environment, given=events)

    return Counted((counted(_WARMING + many) - counted(_WARMING)) // many)


def measure() -> tuple[dict[str, Counted], dict[str, Counted]]:
    """Return what the start of every function takes, and a request of each of the routes."""
    starts = {name: start(name) for name in sorted(FUNCTIONS)}
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(EXECUTABLE, Path(folder), persist=False)
        emulator.start()
        try:
            with running_functions(RunningEmulator(emulator.url), rate_limits="on") as running:
                house = House(running, running.add_celebrity("agent"), running.settings)
                return starts, {route: request(house, route) for route in ROUTES}
        finally:
            emulator.stop()


def main() -> None:
    """Print the figures, and the budgets."""
    if VALGRIND is None:
        sys.exit("valgrind is not installed")
    add_sink(lambda _: None)
    starts, requests = measure()
    for name, counted in {**starts, **requests}.items():
        print(f"{name:<14}{counted.instructions / 1e6:>10.2f} million{counted.share:>10.2f} thousandths")
    print(f"\nYARDSTICK = {yardstick() / 1e6:.1f}")
    for title, found in (("STARTS", starts), ("REQUESTS", requests)):
        print(f"\n{title} = {{")
        for name, counted in found.items():
            print(f'    "{name}": {counted.share:.2f},')
        print("}")


if __name__ == "__main__":
    main()
