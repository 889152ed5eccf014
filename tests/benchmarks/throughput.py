"""How many requests the system of ``make run`` answers a second, by how many buyers read and book at once.

``python -m tests.benchmarks.throughput`` starts one for itself, with limits off: all come from one address.
At each step as many buyers first rush for half as many slots, and then look around, book and begin to pay for
some seconds, without a pause. At the end every booking of every agent is looked at: none may overlap another.
Buyers, system and emulator share this machine, so the figures say how it grows, not what it would be on AWS.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.load import steps
from tests.load.asking import asked_by
from tests.load.calendars import overlapping_of
from tests.load.samples import Sample, figures
from tests.load.steps import Answer, Ask, Unexpected, Visitor
from tests.support.system import RunningSystem, running_system

BUYERS = (1, 4, 16)
SECONDS = 8.0
AGENTS = ("agent", "agent2")
_BOOK = "POST /v1/bookings"


@dataclass(slots=True)
class Step:
    """What so many buyers measured."""

    buyers: int
    samples: list[Sample] = field(default_factory=list)
    booked: int = 0
    taken: int = 0
    """Bookings that somebody else was faster with, which is no error."""
    wanted: int = 0
    won: int = 0

    def measured(self, ask: Ask) -> Ask:
        """Return what asks and measures. Appending and adding up are the threads' only common work."""

        def measuring(method: str, path: str, *, name: str, **request: Any) -> Answer:
            began, error = time.perf_counter(), ""
            try:
                answer = ask(method, path, name=name, **request)
            except (Unexpected, httpx.HTTPError) as failed:
                error = f"{type(failed).__name__}: {failed}"
                raise Unexpected(name) from failed
            finally:
                taken = (time.perf_counter() - began) * 1e3
                self.samples.append(Sample(time.time(), name, taken, error))
            if name == _BOOK:
                self.booked += answer.status == 201
                self.taken += answer.status == 409
            return answer

        return measuring

    @property
    def row(self) -> str:
        """The step as a row of the table."""
        found = figures(self.samples)
        return (
            f"| {self.buyers} | {found.requests} | {found.per_second:.0f} | {found.p50:.0f} "
            f"| {found.p95:.0f} | {found.errors} | {self.booked} | {self.taken} "
            f"| {self.won} of {self.wanted} |"
        )


def _visitors(stack: ExitStack, url: str, count: int) -> Iterator[Visitor]:
    for _ in range(count):
        yield Visitor(asked_by(stack.enter_context(httpx.Client(base_url=url, timeout=60, trust_env=False))))


def _all(pool: ThreadPoolExecutor, buyers: Sequence[Visitor], act: Callable[[Visitor], Any]) -> list[Any]:
    return list(pool.map(act, buyers))


def _go_on(until: float, buyer: Visitor) -> None:
    while time.monotonic() < until:
        try:
            steps.book(buyer)
        except Unexpected:
            continue  # it is counted


def _step(url: str, count: int, seconds: float) -> Step:
    step = Step(count)
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        buyers = list(_visitors(stack, url, count))
        _all(pool, buyers, Visitor.sign_up)
        offering, wanted = steps.on_sale(buyers[0], max(1, count // 2))
        for buyer in buyers:
            buyer.ask = step.measured(buyer.ask)
        won = _all(pool, buyers, partial(steps.rush, offering=offering, wanted=wanted))
        step.wanted, step.won = len(wanted), sum(booking is not None for booking in won)
        _all(pool, buyers, partial(_go_on, time.monotonic() + seconds))
    return step


@contextmanager
def _own_system() -> Iterator[RunningSystem]:
    with (
        tempfile.TemporaryDirectory(prefix="greenroom-throughput-") as folder,
        running_system(Path(folder) / "data") as system,
    ):
        yield system


def report(seconds: float) -> tuple[str, list[str]]:
    """Return the table as Markdown, and what should not have been: slots unsold or sold twice, in words."""
    with _own_system() as system:
        found = [_step(system.base_url, count, seconds) for count in BUYERS]
        with ExitStack() as stack:
            agents = list(_visitors(stack, system.base_url, len(AGENTS)))
            for name, agent in zip(AGENTS, agents, strict=True):
                agent.account = system.demo["accounts"][name]
            double = overlapping_of(agents)
    columns = "requests | a second | p50, ms | p95, ms | errors | booked | refused as taken | rush sold"
    lines = [f"| buyers at once | {columns} |", "| --- " * 9 + "|", *(step.row for step in found), ""]
    wrong = [f"{one} and {other} overlap" for one, other in double]
    wrong += [
        f"of {step.wanted} slots {step.won} were sold in the rush of {step.buyers}"
        for step in found
        if step.won != step.wanted
    ]
    wrong += [each.error for step in found for each in step.samples if each.error]
    lines.append("Nothing was sold twice." if not double else "")
    return "\n".join(lines) + "\n", wrong


def main() -> None:
    """Print the table. Fails where something was sold twice, or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long a step lasts")
    text, wrong = report(parser.parse_args().seconds)
    print(text)
    if wrong:
        sys.exit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
