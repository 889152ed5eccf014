"""What a start and a request cost, under Lambda's own runtime client, each in its own fresh process.

``python -m tests.benchmarks.bench [--rounds N]`` prints the tables as Markdown and leaves them in build/bench
with a picture. Everything is measured side by side in one run, in an order that is drawn anew each round:
ratios hold, absolute figures are this machine's. Last come growth and throughput, by the programs beside this
one. Where there is no Python of Lambda's version, or no package for it, it ends and says so.
"""

import argparse
import json
import platform
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from stacks.bundling import RUNTIME, DependenciesUnreachable, find_interpreter
from tests.benchmarks import growth, throughput
from tests.benchmarks.bench_report import Block, Cold, Report, Warm
from tests.benchmarks.code import ROOT, Layout, lay_out, lay_out_before
from tests.benchmarks.house import House, open_house
from tests.benchmarks.peer_house import PEERS, READ, peer_routes
from tests.benchmarks.sandbox import Sandbox, Spent, sandbox

FOLDER = ROOT / "build" / "bench"
FIRST = {"health": "health/live", "catalog": "a celebrity", "auth": "me", "bookings": "a booking"}
"""The request that a new sandbox is begun for, by function."""
FIRST |= {"payments": "ledger"}
BARE = "bare"
_BLOCK = 10


class Bench:
    """Where the code lies, and by what it is run."""

    def __init__(self, house: House, before: Path | None = None) -> None:
        interpreter = find_interpreter()
        if interpreter is None:
            sys.exit(f"there is no Python {RUNTIME} on this machine, by which alone this means something")
        try:
            self.layouts = lay_out(FOLDER, interpreter)
            self.before = [lay_out_before(before)] if before else []
        except DependenciesUnreachable as error:
            sys.exit(f"the packages of the functions cannot be had: {error}")
        assert house.relay is not None
        self.relay, self.routes, self.peer_routes = house.relay, house.routes(), peer_routes(house.running)
        self._settings = {}
        self._peers = (self.layouts.peers, self.layouts.plain)
        for layout in (self.layouts.ours, self.layouts.naive, *self._peers, *self.before):
            # What each would trust, and the relay in place of AWS.
            opt = layout.opt("asgi" if layout in self._peers else "health")
            trusted = opt / "certifi/cacert.pem"
            if (picked := opt / "botocore/amazon-roots.pem").is_file():  # of earlier versions
                trusted = picked
            bundle = FOLDER / f"{layout.name}.pem"
            bundle.write_text(trusted.read_text("utf-8") + self.relay.authority.read_text("utf-8"), "utf-8")
            # The second is what clients go by that are compiled.
            trust = {"AWS_CA_BUNDLE": str(bundle), "SSL_CERT_FILE": str(bundle)}
            self._settings[layout.name] = {**house.settings, **trust}

    def _begin(self, stack: ExitStack, layout: Layout, function: str) -> Sandbox:
        settings = {} if function == BARE else self._settings[layout.name]
        return stack.enter_context(sandbox(layout, self.layouts.runtime, function, settings))

    def _first(self, layout: Layout, function: str) -> Any:
        """Return the event that a new sandbox is begun for."""
        if function == BARE:
            return {}
        make = self.peer_routes[READ] if layout in self._peers else self.routes[FIRST[function]][1]
        return make()

    def cold(self, rounds: int) -> Iterator[Cold]:
        """Begin each function so many times in each layout, and yield what its init and first answer took."""
        ours, naive = self.layouts.ours, self.layouts.naive
        own = (ours, naive, *self.before)
        wanted = [(ours, BARE), *((layout, name) for layout in own for name in FIRST)]
        wanted += [(layout, name) for layout in self._peers for name in PEERS]
        spent: defaultdict[tuple[str, str], list[tuple[Spent, Spent]]] = defaultdict(list)
        for _ in range(rounds):
            for layout, function in random.sample(wanted, len(wanted)):
                event = self._first(layout, function)
                with ExitStack() as stack:
                    begun = self._begin(stack, layout, function)
                    begun.initialised()
                    init = begun.spent()
                    _succeed(begun, event)
                    spent[layout.name, function].append((init, init + begun.spent()))
        for layout, function in wanted:
            inits, answers = zip(*spent[layout.name, function], strict=True)
            yield Cold(layout.name, function, inits, answers)

    def _asked(self) -> Iterator[tuple[str, Layout, str, Callable[[], Any]]]:
        """Yield each route that is asked warm: its name, layout, function, and what makes its events."""
        yield "nothing", self.layouts.ours, BARE, dict
        for name, (function, make) in self.routes.items():
            yield name, self.layouts.ours, function, make
            for layout in self.before:
                yield f"{name}, {layout.name}", layout, function, make
        for peer in PEERS:
            for name, make in self.peer_routes.items():
                if name == READ or peer != "cookbook":
                    yield f"{name}, {peer}", self.layouts.peers, peer, make

    def warm(self, rounds: int) -> Iterator[Warm]:
        """Ask each route in blocks of ten, by turns, and yield what a request took and asked for."""
        asked = list(self._asked())
        blocks: defaultdict[str, list[Block]] = defaultdict(list)
        with ExitStack() as stack:
            begun: dict[tuple[str, str], Sandbox] = {}
            for _, layout, function, _ in asked:
                if (layout.name, function) not in begun:
                    begun[layout.name, function] = self._begin(stack, layout, function)
            for _ in range(rounds + 1):
                for name, layout, function, make in random.sample(asked, len(asked)):
                    blocks[name].append(self._block(begun[layout.name, function], make))
        for name, layout, _, _ in asked:
            # The first round only warms.
            yield Warm(name, layout.name, blocks[name][1:])

    def _block(self, begun: Sandbox, make: Callable[[], Any]) -> Block:
        events = [make() for _ in range(_BLOCK)]
        # Not counted: while others had their turn, the emulator may have closed a connection.
        _succeed(begun, make())
        begun.spent()
        begun.lines()
        accepted = self.relay.accepted
        for event in events:
            _succeed(begun, event)
        spent, lines = begun.spent(), begun.lines()
        return Block(spent.processor / _BLOCK, (self.relay.accepted - accepted) / _BLOCK, **_told(lines))


def _succeed(begun: Sandbox, event: Any) -> None:
    answer = begun.invoke(event)
    if answer["statusCode"] >= 300:
        raise RuntimeError(f"what is measured was refused: {answer}")


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
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="how long so many buyers at once read and book"
    )
    parser.add_argument(
        "--before", type=Path, help="a checkout of an earlier commit, measured beside this one"
    )
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open_house() as house:
        bench = Bench(house, options.before)
        report = Report(
            f"{datetime.now(UTC).date()}, Python {RUNTIME} on {platform.machine()}, {options.rounds} rounds",
            list(bench.cold(options.rounds)),
            list(bench.warm(options.rounds)),
            {
                layout.name: {name: layout.zipped_bytes(name) for name in FIRST}
                for layout in (bench.layouts.ours, bench.layouts.naive)
            },
        )
    grown = growth.report(10 * options.rounds)
    sold, wrong = throughput.report(options.seconds)
    text = f"{report.markdown()}\n{grown}\n{sold}"
    (FOLDER / "report.md").write_text(text, "utf-8")
    report.draw(FOLDER / "report.png")
    print(text)
    if wrong:
        sys.exit("\n".join(wrong[:20]))
    print(f"\n{Path('build/bench/report.md')}, {Path('build/bench/report.png')}")


if __name__ == "__main__":
    main()
