"""``python -m tests.load``: put load on a system, judge it by thresholds, and report.

Without ``--url`` it starts a system of its own, as ``make run`` does, with all limits on.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.load.addresses import many_addresses
from tests.load.asking import asked_by
from tests.load.calendars import known_buffers, overlapping, overlapping_of
from tests.load.report import Report
from tests.load.sale import Sale, read_sale
from tests.load.samples import Sample, read_samples
from tests.load.steps import SCENARIOS, Visitor
from tests.support.system import ROOT, RunningSystem, running_system

LOCUST = ROOT / ".venv" / "load" / "bin" / "locust"
RUSH, SALE, AGENTS = "rush", "sale.json", ("agent", "agent2")
_SPARE_SECONDS = 120


def main(arguments: list[str] | None = None) -> int:
    """Run the scenarios one after the other. Return 1 where one did not keep to its thresholds."""
    options = _options(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        system = None if options.url else stack.enter_context(_own_system())
        url = system.base_url if system else options.url
        if system and not options.agents:
            options.agents = _agents_of(system)
        samples = {name: _run(name, url, options) for name in options.scenarios}
        sale = read_sale(options.folder / SALE, options.buyers) if RUSH in samples else None
        double = _double_bookings(url, system, sale)
    report = Report(
        samples,
        _conditions(options),
        found=[*([sale.text] if sale else []), *([] if double else ["No two bookings overlap."])],
        wrong=[*(sale.wrong if sale else []), *(f"{one} and {other} overlap" for one, other in double)],
    )
    report.write(options.folder)
    print(report.text())
    print(f"{options.folder / 'report.md'} and load.png", file=sys.stderr)
    return 1 if report.failures else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--url", default="", help="the system to use (default: one that is started for it)")
    parser.add_argument("--accounts", type=Path, help="JSON list of verified accounts; default: new ones")
    parser.add_argument("--agents", type=Path, help="JSON list of agents, who answer; default: nobody does")
    parser.add_argument("--users", type=int, default=10, help="how many at once (default: %(default)s)")
    parser.add_argument("--buyers", type=int, default=40, help="how many rush (default: %(default)s)")
    parser.add_argument("--slots", type=int, default=8, help="for how many slots (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=int, default=20, help="how long a scenario lasts (default: %(default)s)"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "load", help="where the report goes")
    names = [*SCENARIOS, RUSH]
    parser.add_argument("scenarios", nargs="*", default=names, help=f"of {', '.join(names)} (default: all)")
    found = parser.parse_args(arguments)
    if unknown := set(found.scenarios) - set(names):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    return found


@contextlib.contextmanager
def _own_system() -> Iterator[RunningSystem]:
    # Limits stay on where visitors can have addresses of their own: what they cost is part of the load.
    limits = {"RATE_LIMITS": "on" if many_addresses() else "off"}
    with (
        tempfile.TemporaryDirectory(prefix="greenroom-load-") as folder,
        running_system(Path(folder) / "data", environment=limits) as system,
    ):
        yield system


def _agents_of(system: RunningSystem) -> Path:
    """Write the accounts of a system's own agents beside its data, and return where."""
    file = system.data / "agents.json"
    file.write_text(json.dumps([system.demo["accounts"][name] for name in AGENTS]), "utf-8")
    return file


def _run(scenario: str, url: str, options: argparse.Namespace) -> list[Sample]:
    """Let locust run one scenario and return what it measured."""
    written = options.folder / f"{scenario}.jsonl"
    written.unlink(missing_ok=True)
    rush = scenario == RUSH
    users = options.buyers if rush else options.users
    # Everybody signs up first, which takes the processor for a while: more of them than work at once.
    seconds = options.seconds + (_SPARE_SECONDS if rush else 0)
    command = [
        *(str(LOCUST), "--locustfile", str(ROOT / "tests" / "load" / "locustfile.py")),
        *("--headless", "--only-summary", "--exit-code-on-error", "0", "--loglevel", "WARNING"),
        *("--host", url, "--users", str(users), "--spawn-rate", str(users)),
        *("--run-time", f"{seconds}s", "--stop-timeout", "10", scenario.capitalize()),
    ]
    with (options.folder / f"{scenario}.log").open("wb") as log:
        environment = _environment(written, url, options)
        subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=True)
    return read_samples(written)


def _environment(written: Path, url: str, options: argparse.Namespace) -> Mapping[str, str]:
    here = urlsplit(url).hostname == "127.0.0.1" and many_addresses()
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LOAD_SAMPLES": str(written),
        "LOAD_SALE": str(options.folder / SALE),
        "LOAD_SLOTS": str(options.slots),
        "LOAD_ADDRESSES": "many" if here else "one",
        "LOAD_ACCOUNTS": str(options.accounts.resolve()) if options.accounts else "",
        "LOAD_AGENTS": str(options.agents.resolve()) if options.agents else "",
    }


def _double_bookings(url: str, system: RunningSystem | None, sale: Sale | None) -> list[tuple[str, str]]:
    """Return bookings that overlap: of all in a system of our own, elsewhere of what the rush sold."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
        if system is None:
            return overlapping(sale.won if sale else [], known_buffers(Visitor(asked_by(http))))
        accounts = system.demo["accounts"]
        return overlapping_of([Visitor(asked_by(http), account=accounts[name]) for name in AGENTS])


def _conditions(options: argparse.Namespace) -> str:
    where = options.url or "a system of its own"
    return (
        f"{options.users} users for {options.seconds} s a scenario, {options.buyers} in the rush, "
        f"on {where}; {platform.system()}, {os.cpu_count()} processors for the load and the system together."
    )


if __name__ == "__main__":
    sys.exit(main())
