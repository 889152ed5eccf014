"""The tables and the picture of ``make bench``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tests.benchmarks.sandbox import Spent


def _span(found: Sequence[float], places: int = 0) -> str:
    return f"{min(found):.{places}f} to {max(found):.{places}f}"


@dataclass(frozen=True, slots=True)
class Cold:
    """The starts of one function in one layout: until its init was over, and until its first answer."""

    layout: str
    function: str
    inits: Sequence[Spent]
    answers: Sequence[Spent]

    @property
    def init(self) -> float:
        """The median of milliseconds of processor until it waits for its first event."""
        return median(each.processor for each in self.inits)

    @property
    def processor(self) -> float:
        """The median of milliseconds of processor until it has answered it."""
        return median(each.processor for each in self.answers)

    @property
    def clock(self) -> float:
        """The median of milliseconds on the clock."""
        return median(each.clock for each in self.answers)

    @property
    def span(self) -> str:
        """The least and the most milliseconds of processor."""
        return _span([each.processor for each in self.answers])


@dataclass(frozen=True, slots=True)
class Block:
    """What a request of one block took on average, and what a typical one of it asked for."""

    processor: float
    """Milliseconds."""
    sockets: float
    """Connections that were opened to the tables."""
    calls: float
    read_units: float
    write_units: float
    records: float
    record_bytes: float


@dataclass(frozen=True, slots=True)
class Warm:
    """The requests of one route of one layout, block by block."""

    name: str
    layout: str
    blocks: Sequence[Block]

    @property
    def processor(self) -> float:
        """The median of milliseconds of processor."""
        return median(block.processor for block in self.blocks)

    @property
    def asked(self) -> str:
        """Sockets, and what its own lines tell, which those of peers do not."""
        last = self.blocks[-1]
        sockets = sum(block.sockets for block in self.blocks) / len(self.blocks)
        tables = f"{last.calls:g} | {last.read_units:g} | {last.write_units:g}"
        return (
            f"{sockets:g} | {tables if self.layout == 'ours' else ' |  | '} "
            f"| {last.records:g} | {last.record_bytes:.0f}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run has measured; ``zips`` are bytes by layout and function."""

    about: str
    cold: Sequence[Cold]
    warm: Sequence[Warm]
    zips: Mapping[str, Mapping[str, int]]

    def _started(self, layout: str, function: str) -> Cold:
        return next(each for each in self.cold if (each.layout, each.function) == (layout, function))

    def _asked(self, name: str) -> Warm | None:
        return next((each for each in self.warm if each.name == name), None)

    def _lines(self) -> Iterator[str]:
        yield f"{self.about}. Medians; milliseconds of processor, and their ratios.\n"
        yield from self._starts()
        yield ""
        yield from self._requests()
        yield ""
        yield from self._rivals()
        yield ""
        yield from self._changes()
        yield "| zips of layers and function | ours, MB | naive, MB | ratio |"
        yield "| --- " * 4 + "|"
        for function, size in self.zips["ours"].items():
            plain = self.zips["naive"][function]
            yield f"| {function} | {size / 1e6:.1f} | {plain / 1e6:.1f} | {size / plain:.2f} |"

    def _starts(self) -> Iterator[str]:
        bare = self._started("ours", "bare")
        yield (
            "| first answer of a new sandbox | init | and answer | least to most | to bare | to naive "
            "| on the clock |"
        )
        yield "| --- " * 7 + "|"
        for each in self.cold:
            known = each.function in self.zips["naive"] and each.layout != "before"
            naive = f"{each.processor / self._started('naive', each.function).processor:.2f}" if known else ""
            yield (
                f"| {each.function}, {each.layout} | {each.init:.0f} | {each.processor:.0f} | {each.span} "
                f"| {each.processor / bare.processor:.1f} | {naive} | {each.clock:.0f} |"
            )

    def _requests(self) -> Iterator[str]:
        idle = self.warm[0].processor
        yield (
            "| warm request | ms | least to most | to bare | sockets | calls | read units | write units "
            "| log lines | bytes |"
        )
        yield "| --- " * 10 + "|"
        for route in self.warm:
            span = _span([block.processor for block in route.blocks], 2)
            yield (
                f"| {route.name} | {route.processor:.2f} | {span} | {route.processor / idle:.1f} "
                f"| {route.asked} |"
            )

    def _rivals(self) -> Iterator[str]:
        """Yield our bookings' function in shares of others that do less, each the less the better for us."""
        ours = self._started("ours", "bookings")
        yield "| bookings, as a share of | init | first answer | a booking | book |"
        yield "| --- " * 5 + "|"
        for other in self.cold:
            if other.layout in {"peers", "plain"} or (other.layout, other.function) == ("naive", "bookings"):
                shares = [ours.init / other.init, ours.processor / other.processor]
                told = " | ".join(f"{share:.2f}" for share in shares)
                for name in ("a booking", "book"):
                    own, theirs = self._asked(name), self._asked(f"{name}, {other.function}")
                    told += (
                        f" | {own.processor / theirs.processor:.2f}"
                        if own and theirs and other.layout != "plain"
                        else " |"
                    )
                yield f"| {other.function}, {other.layout} | {told} |"

    def _changes(self) -> Iterator[str]:
        """Yield what the code costs in shares of what it cost at an earlier commit."""
        if not any(each.layout == "before" for each in self.cold):
            return
        yield "| to the earlier commit | init | first answer | | warm request | |"
        yield "| --- " * 6 + "|"
        starts = [
            (each.function, each.init / before.init, each.processor / before.processor)
            for before in self.cold
            if before.layout == "before"
            for each in [self._started("ours", before.function)]
        ]
        for number, route in enumerate(each for each in self.warm if each.layout == "before"):
            name = route.name.removesuffix(", before")
            now = self._asked(name)
            start = "{} | {:.2f} | {:.2f}".format(*starts[number]) if number < len(starts) else " |  | "
            yield f"| {start} | | {name} | {now.processor / route.processor if now else 0:.2f} |"
        yield ""

    def markdown(self) -> str:
        """Return the tables."""
        return "\n".join(self._lines()) + "\n"

    def draw(self, target: Path) -> None:
        """Draw starts and requests as bars."""
        figure = Figure(figsize=(11, 6), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        functions, peers = list(self.zips["ours"]), [each for each in self.cold if each.layout == "peers"]
        for offset, layout in ((-0.2, "ours"), (0.2, "naive")):
            values = [self._started(layout, name).processor for name in functions]
            bars = left.barh([at + offset for at in range(len(functions))], values, 0.4, label=layout)
            left.bar_label(bars, fmt="%.0f", padding=2)
        beneath = [len(functions) + at for at in range(len(peers))]
        bars = left.barh(beneath, [each.processor for each in peers], 0.4, label="peers")
        left.bar_label(bars, fmt="%.0f", padding=2)
        left.axvline(
            self._started("ours", "bare").processor, color="grey", linestyle=":", label="bare handler"
        )
        names = [*functions, *(each.function for each in peers)]
        left.set_yticks(range(len(names)), names)
        left.set_title("First answer of a new sandbox, ms of processor")
        bars = right.barh([each.name for each in self.warm], [each.processor for each in self.warm])
        right.bar_label(bars, fmt="%.1f", padding=2)
        right.set_title("Warm request, ms of processor")
        for axes in (left, right):
            axes.margins(x=0.15)
            axes.invert_yaxis()
        figure.legend(loc="outside lower center", ncols=3)
        figure.suptitle(self.about)
        figure.savefig(target, dpi=110)
