"""``python -m tests.simulation.on_sale``: run the scenarios, and find the rate at which each limit is met.

With ``--buyers`` and ``--slots`` it runs one sale of that size instead.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from greenroom.calendar.refusals import SlotTaken
from tests.load.samples import percentile
from tests.simulation.limits import PARTITION_READS, PARTITION_WRITES
from tests.simulation.sale import Sale, Scenario
from tests.simulation.settings import Deployed

RACES, QUOTA = "races for one day", "quota of one caller"

SCENARIOS = (
    Scenario(name="calm", buyers=20, slots=24, seconds=60),
    Scenario(name="one day", buyers=1_000, slots=24, seconds=10),
    Scenario(name="a month", buyers=50_000, slots=200, days=30, seconds=60),
    Scenario(name="one address", buyers=300, slots=24, seconds=10, shared_address=True),
)

RATES = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
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
    p50: float
    p95: float
    """Milliseconds of what functions answered."""
    sold_in: float
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
            percentile(times, 0.5) * 1000,
            percentile(times, 0.95) * 1000,
            sale.last_sold,
            max(each.writes.peak for each in sale.tables.base),
            max(each.reads.peak for each in sale.tables.base),
            sale.stream.most_lag,
            sale.stream.last,
        )

    def text(self) -> str:
        """Return it as a row of Markdown."""
        return (
            f"| {self.name} | {self.asked} | {self.a_second:.0f} | {self.sold} | {self.twice} | {self.taken} | "
            f"{self.contended} | {self.limited} | {self.throttled} | {self.p50:.0f} | {self.p95:.0f} | "
            f"{self.sold_in:.1f} | {self.writes:.0f} | {self.reads:.0f} | {self.lag:.1f} | {self.drained:.0f} |"
        )


HEAD = (
    "| sale | requests | most a second | sold | sold twice | taken | races lost | over quota | throttled | "
    "p50 ms | p95 ms | last sold, s | "
    f"most writes of {PARTITION_WRITES} | most reads of {PARTITION_READS} | mail's longest lag, s | last mail, s |"
    f"\n{'| --- ' * 16}|"
)


def sweep(seed: int, *, seconds: float = 10.0) -> Iterator[tuple[str, dict[str, tuple[int, float]]]]:
    """Yield, by what is deployed, the first of ``RATES`` that each limit is met at, and after what time."""
    ours = Deployed.of()
    for name, deployed in (
        ("as prod is", ours),
        ("gateway raised", ours.with_gateway_raised()),
        ("functions raised too", ours.with_gateway_raised().with_functions_raised()),
    ):
        found: dict[str, tuple[int, float]] = {}
        for rate in RATES:
            sale = Sale(
                Scenario(
                    name=name,
                    buyers=round(rate * seconds),
                    slots=720,
                    days=30,
                    seconds=seconds,
                    deployed=deployed,
                ),
                seed,
            ).run()
            for limit, at in met(sale):
                found.setdefault(limit, (rate, at))
        yield name, found


def met(sale: Sale) -> Iterator[tuple[str, float]]:
    """Yield each limit that refused something, with the moment when it first did."""
    yield from sale.service.met.items()


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
        one = Scenario(name="as asked", buyers=asked.buyers, slots=asked.slots)
        scenarios = (replace(one, days=asked.days, seconds=asked.seconds),)
    print(HEAD)
    for scenario in scenarios:
        print(Row.of(Sale(scenario, asked.seed).run()).text(), flush=True)
    if asked.buyers:
        return
    print("\nBuyers a second at which a limit first refuses somebody, and after how many seconds:")
    for name, found in sweep(asked.seed):
        print(f"- {name}: " + "; ".join(f"{limit} {rate} ({at:.1f})" for limit, (rate, at) in found.items()))


if __name__ == "__main__":
    main()
