"""What a start and a request cost, under Lambda's own runtime client, each in its own fresh process.

``python -m tests.benchmarks.bench [--rounds N]`` prints the tables as Markdown and leaves them in build/bench
with a picture. Everything is measured side by side in one run, in an order that is drawn anew each round:
ratios hold, absolute figures are this machine's. Where there is no Python of Lambda's version, or no package
for it, it ends and says so.
"""

import argparse
import json
import platform
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from stacks.bytecode import RUNTIME, this_machines_interpreter
from stacks.dependencies import DependenciesUnreachable
from tests.benchmarks.bench_report import Cold, Report, Warm
from tests.benchmarks.code import ROOT, Layout, lay_out
from tests.benchmarks.house import House, open_house
from tests.benchmarks.sandbox import Sandbox, Spent, sandbox

FOLDER = ROOT / "build" / "bench"
FIRST = {"health": "health/live", "catalog": "a celebrity", "auth": "me", "bookings": "a booking"}
"""The request that a new sandbox is begun for, by function."""
FIRST |= {"payments": "ledger"}
_WARMING, _BLOCK = 10, 10


class Bench:
    """Where the code lies, and by what it is run."""

    def __init__(self, house: House) -> None:
        interpreter = this_machines_interpreter()
        if interpreter is None:
            sys.exit(f"there is no Python {RUNTIME} on this machine, by which alone this means something")
        try:
            self.ours, self.naive, self._runtime = lay_out(FOLDER, interpreter)
        except DependenciesUnreachable as error:
            sys.exit(f"the packages of the functions cannot be had: {error}")
        self.routes = house.routes()
        self._settings = {}
        for layout in (self.ours, self.naive):
            # What each would trust, and the relay in place of AWS.
            trusted = layout.opt("health") / (
                "certifi/cacert.pem" if layout is self.naive else "botocore/amazon-roots.pem"
            )
            bundle = FOLDER / f"{layout.name}.pem"
            bundle.write_text(trusted.read_text("utf-8") + house.certificate, "utf-8")
            self._settings[layout.name] = {**house.settings, "AWS_CA_BUNDLE": str(bundle)}

    def _begin(self, stack: ExitStack, layout: Layout, function: str) -> Sandbox:
        settings = {} if function == "bare" else self._settings[layout.name]
        return stack.enter_context(sandbox(layout, self._runtime, function, settings))

    def _event(self, function: str) -> Any:
        return {} if function == "bare" else self.routes[FIRST[function]][1]()

    def cold(self, rounds: int) -> Iterator[Cold]:
        """Begin each function so many times in each layout, and yield what its first answer took."""
        wanted = [
            (self.ours, "bare"),
            *((layout, name) for layout in (self.ours, self.naive) for name in FIRST),
        ]
        spent: defaultdict[tuple[str, str], list[Spent]] = defaultdict(list)
        for _ in range(rounds):
            for layout, function in random.sample(wanted, len(wanted)):
                event = self._event(function)
                with ExitStack() as stack:
                    begun = self._begin(stack, layout, function)
                    begun.invoke(event)
                    spent[layout.name, function].append(begun.spent())
        for layout, function in wanted:
            yield Cold(layout.name, function, spent[layout.name, function])

    def warm(self, rounds: int) -> Iterator[Warm]:
        """Ask each route of ours in blocks of ten, by turns, and yield what a request took and asked for."""
        asked = {"nothing": ("bare", dict[str, Any]), **self.routes}
        blocks: defaultdict[str, list[float]] = defaultdict(list)
        lines: dict[str, list[bytes]] = {}
        with ExitStack() as stack:
            functions = dict.fromkeys(function for function, _ in asked.values())
            begun = {name: self._begin(stack, self.ours, name) for name in functions}
            for _ in range(rounds + 1):
                for name in random.sample(list(asked), len(asked)):
                    function, make = asked[name]
                    events = [make() for _ in range(_BLOCK)]
                    begun[function].spent()
                    begun[function].lines()
                    for event in events:
                        begun[function].invoke(event)
                    blocks[name].append(begun[function].spent().processor / _BLOCK)
                    lines[name] = begun[function].lines()
        for name, (function, _) in asked.items():
            # The first round only warms.
            yield Warm(name, function, blocks[name][1:], **_told(lines[name]))


def _told(lines: list[bytes]) -> dict[str, float]:
    """Return what a block's own lines say: medians of what its requests asked of the tables, and of bytes."""
    requests = [json.loads(line) for line in lines if b'"category":"request"' in line.replace(b": ", b":")]

    def typical(name: str) -> float:
        return median([float(request.get(name, 0)) for request in requests] or [0.0])

    return {
        "calls": typical("table_calls"),
        "read_units": typical("read_units"),
        "write_units": typical("write_units"),
        "records": len(lines) / _BLOCK,
        "record_bytes": sum(map(len, lines)) / _BLOCK,
    }


def main() -> None:
    """Measure, print, and leave the report and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="starts of each function, and blocks of requests"
    )
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open_house() as house:
        bench = Bench(house)
        report = Report(
            f"{datetime.now(UTC).date()}, Python {RUNTIME} on {platform.machine()}, {options.rounds} rounds",
            list(bench.cold(options.rounds)),
            list(bench.warm(options.rounds)),
            {
                layout.name: {name: layout.zipped_bytes(name) for name in FIRST}
                for layout in (bench.ours, bench.naive)
            },
        )
    text = report.markdown()
    (FOLDER / "report.md").write_text(text, "utf-8")
    report.draw(FOLDER / "report.png")
    print(text)
    print(f"\n{Path('build/bench/report.md')}, {Path('build/bench/report.png')}")


if __name__ == "__main__":
    main()
