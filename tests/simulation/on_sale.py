"""``python -m tests.simulation.on_sale``: run the scenarios, and find the rate at which each limit is met.

With ``--buyers`` and ``--slots`` it runs one sale of that size instead.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from greenroom.calendar.refusals import SlotTaken
from tests.load.samples import percentile
from tests.simulation.limits import PARTITION_READS, PARTITION_WRITES
from tests.simulation.sale import Sale, Scenario
from tests.simulation.settings import Assumed, Deployed

RACES, QUOTA = "races for one day", "quota of one caller"

_OURS = Deployed.of()
_ALL_RAISED = _OURS.with_gateway_raised().with_functions_raised()

SCENARIOS = (
    Scenario(name="calm", buyers=20, slots=24, seconds=60),
    Scenario(name="one day in ten seconds", buyers=1_000, slots=24, seconds=10),
    Scenario(name="one day in one second", buyers=1_000, slots=24, seconds=1),
    Scenario(name="the same, 25 warm", buyers=1_000, slots=24, seconds=1, deployed=_OURS.warmed()),
    Scenario(name="a month", buyers=50_000, slots=200, days=30, seconds=60),
    Scenario(name="one address", buyers=300, slots=24, seconds=10, shared_address=True),
    Scenario(
        name="one day, all raised", buyers=2_000, slots=72, minutes=20, seconds=0.5, deployed=_ALL_RAISED
    ),
    Scenario(name="a month, all raised", buyers=4_000, slots=720, days=30, seconds=0.5, deployed=_ALL_RAISED),
)

RATES = (20, 50, 100, 200, 500, 1_000)
"""Buyers a second, of a sweep."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one sale."""

    name: str
    asked: int
    a_second: float
    """Requests in the busiest second."""
    sold: int
    twice: int
    taken: int
    contended: int
    limited: int
    throttled: int
    gave_up: int
    """Buyers who went without knowing."""
    p50: float
    p95: float
    """Milliseconds of what functions answered."""
    sold_in: float
    sold_a_second: float
    writes: float
    reads: float
    lag: float
    drained: float

    @classmethod
    def of(cls, sale: Sale) -> "Row":
        """Sum up a sale that has ended."""
        answers = sale.service.answers
        others = sum(answers.values()) - sum(answers[kind] for kind in ("ok", SlotTaken.code, RACES, QUOTA))
        starts = [start for start, _ in sale.sold]
        times = sale.service.seconds
        return cls(
            sale.scenario.name,
            sum(answers.values()),
            sale.service.offered.peak,
            len(starts),
            len(starts) - len(set(starts)),
            answers[SlotTaken.code],
            answers[RACES],
            answers[QUOTA],
            others,
            sale.ended["gave up"],
            percentile(times, 0.5) * 1000,
            percentile(times, 0.95) * 1000,
            sale.last_sold,
            sale.sales.peak,
            max(each.writes.peak for each in sale.tables.base),
            max(each.reads.peak for each in sale.tables.base),
            sale.stream.most_lag,
            sale.stream.last,
        )

    def cells(self) -> Iterator[str]:
        """Yield the row's cells in the order of ``COLUMNS``."""
        yield self.name
        for name, (_, digits) in COLUMNS.items():
            yield f"{getattr(self, name):.{digits}f}"


COLUMNS = {
    "asked": ("requests", 0),
    "a_second": ("most a second", 0),
    "sold": ("sold", 0),
    "twice": ("twice", 0),
    "taken": ("taken", 0),
    "contended": ("races lost", 0),
    "limited": ("over quota", 0),
    "throttled": ("throttled", 0),
    "gave_up": ("gave up", 0),
    "p50": ("p50 ms", 0),
    "p95": ("p95 ms", 0),
    "sold_in": ("last sold s", 1),
    "sold_a_second": ("most sold a second", 0),
    "writes": (f"writes of {PARTITION_WRITES}", 0),
    "reads": (f"reads of {PARTITION_READS}", 0),
    "lag": ("mail's lag s", 1),
    "drained": ("last mail s", 0),
}
"""The table's columns: a field of ``Row``, its title, and how many digits it has behind the point."""


def row(cells: Iterable[str]) -> str:
    """Return a row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def sweep(
    seed: int, *, seconds: float = 4.0, rates: Sequence[int] = RATES
) -> Iterator[tuple[str, dict[str, tuple[int, float]]]]:
    """Yield, by what is deployed, the first of ``rates`` that each limit is met at, and after what time."""
    for name, deployed in (
        ("as prod is", _OURS),
        ("warm", _OURS.warmed()),
        ("warm, gateway raised", _OURS.warmed().with_gateway_raised()),
        ("all raised", _ALL_RAISED),
    ):
        found: dict[str, tuple[int, float]] = {}
        for rate in rates:
            scenario = Scenario(
                name=name,
                buyers=round(rate * seconds),
                slots=720,
                days=30,
                seconds=seconds,
                deployed=deployed,
                assumed=Assumed(patience=3),
            )
            sale = Sale(scenario, seed).run()
            for limit, at in (sale.service.met | sale.tables.met).items():
                found.setdefault(limit, (rate, at))
        yield name, found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.on_sale", description=__doc__)
    parser.add_argument("--buyers", type=int)
    parser.add_argument("--slots", type=int, default=24)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="in which the buyers come")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    scenarios: Sequence[Scenario] = SCENARIOS
    if asked.buyers:
        if not 1 <= asked.slots <= 24 * asked.days:
            parser.error("a day has 24 slots at most")
        one = Scenario(name="as asked", buyers=asked.buyers, slots=asked.slots)
        scenarios = (replace(one, days=asked.days, seconds=asked.seconds),)
    print(row(["sale", *(title for title, _ in COLUMNS.values())]))
    print(row(["---"] * (len(COLUMNS) + 1)))
    for scenario in scenarios:
        print(row(Row.of(Sale(scenario, asked.seed).run()).cells()), flush=True)
    if asked.buyers:
        return
    print("\nBuyers a second at which a limit first refuses somebody, and after how many seconds:\n")
    for name, found in sweep(asked.seed):
        print(f"- {name}: " + "; ".join(f"{limit} {rate} ({at:.1f})" for limit, (rate, at) in found.items()))


if __name__ == "__main__":
    main()
