"""The tables and the picture of ``make bench``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tests.benchmarks.sandbox import Spent


@dataclass(frozen=True, slots=True)
class Cold:
    """The starts of one function in one layout, until its first answer."""

    layout: str
    function: str
    spent: Sequence[Spent]

    @property
    def processor(self) -> float:
        """The median of milliseconds of processor."""
        return median(each.processor for each in self.spent)

    @property
    def clock(self) -> float:
        """The median of milliseconds on the clock."""
        return median(each.clock for each in self.spent)

    @property
    def span(self) -> str:
        """The least and the most milliseconds of processor."""
        found = [each.processor for each in self.spent]
        return f"{min(found):.0f} to {max(found):.0f}"


@dataclass(frozen=True, slots=True)
class Warm:
    """The requests of one route: milliseconds of processor, block by block, and what one asked for."""

    name: str
    function: str
    processor: Sequence[float]
    calls: float
    read_units: float
    write_units: float
    records: float
    record_bytes: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run has measured; ``zips`` are bytes by layout and function."""

    about: str
    cold: Sequence[Cold]
    warm: Sequence[Warm]
    zips: Mapping[str, Mapping[str, int]]

    def _started(self, layout: str, function: str) -> Cold:
        return next(each for each in self.cold if (each.layout, each.function) == (layout, function))

    def _lines(self) -> Iterator[str]:
        bare, idle = self._started("ours", "bare"), self.warm[0]
        yield f"{self.about}. Medians; milliseconds of processor, and their ratios.\n"
        yield "| first answer of a new sandbox | ms | least to most | to bare | to naive | on the clock |"
        yield "| --- " * 6 + "|"
        for each in self.cold:
            naive = (
                ""
                if each is bare
                else f"{each.processor / self._started('naive', each.function).processor:.2f}"
            )
            yield (
                f"| {each.function}, {each.layout} | {each.processor:.0f} | {each.span} "
                f"| {each.processor / bare.processor:.1f} | {naive} | {each.clock:.0f} |"
            )
        yield ""
        yield "| warm request | ms | to bare | calls | read units | write units | log lines | bytes |"
        yield "| --- " * 8 + "|"
        for route in self.warm:
            taken = median(route.processor)
            yield (
                f"| {route.name} | {taken:.2f} | {taken / median(idle.processor):.1f} | {route.calls:g} "
                f"| {route.read_units:g} | {route.write_units:g} "
                f"| {route.records:g} | {route.record_bytes:.0f} |"
            )
        yield ""
        yield "| zips of layers and function | ours, MB | naive, MB | ratio |"
        yield "| --- " * 4 + "|"
        for function, size in self.zips["ours"].items():
            plain = self.zips["naive"][function]
            yield f"| {function} | {size / 1e6:.1f} | {plain / 1e6:.1f} | {size / plain:.2f} |"

    def markdown(self) -> str:
        """Return the tables."""
        return "\n".join(self._lines()) + "\n"

    def draw(self, target: Path) -> None:
        """Draw starts and requests as bars."""
        figure = Figure(figsize=(11, 6), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        functions = list(self.zips["ours"])
        for offset, layout in ((-0.2, "ours"), (0.2, "naive")):
            values = [self._started(layout, name).processor for name in functions]
            bars = left.barh([at + offset for at in range(len(functions))], values, 0.4, label=layout)
            left.bar_label(bars, fmt="%.0f", padding=2)
        left.axvline(
            self._started("ours", "bare").processor, color="grey", linestyle=":", label="bare handler"
        )
        left.set_yticks(range(len(functions)), functions)
        left.set_title("First answer of a new sandbox, ms of processor")
        bars = right.barh([each.name for each in self.warm], [median(each.processor) for each in self.warm])
        right.bar_label(bars, fmt="%.1f", padding=2)
        right.set_title("Warm request, ms of processor")
        for axes in (left, right):
            axes.margins(x=0.15)
            axes.invert_yaxis()
        figure.legend(loc="outside lower center", ncols=3)
        figure.suptitle(self.about)
        figure.savefig(target, dpi=110)
