"""The report of a run: a table, a picture of each scenario over time, and what was not kept to."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.load.samples import Figures, Sample, figures, percentile
from tests.load.thresholds import THRESHOLDS, exceeded

_P50, _P95, _QUIET = "#2f6fb0", "#c4592b", "#8a8a8a"


@dataclass(frozen=True, slots=True)
class Report:
    """A run's scenarios by name, and what else was found out."""

    samples: Mapping[str, Sequence[Sample]]
    conditions: str
    """Where and how it ran, in a sentence."""
    found: Sequence[str] = ()
    """Facts, a sentence each."""
    wrong: Sequence[str] = ()
    """What is wrong beside the thresholds, a sentence each."""
    totals: Mapping[str, Figures] = field(init=False)

    def __post_init__(self) -> None:
        totals = {name: figures(samples) for name, samples in self.samples.items()}
        object.__setattr__(self, "totals", totals)

    @property
    def failures(self) -> list[str]:
        """Return why the run failed; nothing where it did not."""
        return [text for name, total in self.totals.items() for text in exceeded(name, total)] + [*self.wrong]

    def text(self) -> str:
        """Return the report as Markdown."""
        verdict = (
            ["All thresholds were kept."] if not self.failures else [f"- {text}" for text in self.failures]
        )
        return "\n".join(
            [
                "# Load",
                "",
                self.conditions,
                "",
                "| scenario | requests | a second | p50 ms | p95 ms (at most) | slowest | failed (at most) |",
                "| --- | --- | --- | --- | --- | --- | --- |",
                *(_row(name, total) for name, total in self.totals.items()),
                "",
                *self.found,
                "",
                *verdict,
                "",
                "| scenario | request | requests | p50 ms | p95 ms |",
                "| --- | --- | --- | --- | --- |",
                *(row for name, samples in self.samples.items() for row in _requests(name, samples)),
                "",
                *(row for name, samples in self.samples.items() for row in _errors(name, samples)),
            ]
        )

    def write(self, folder: Path) -> None:
        """Write ``report.md``, ``figures.json`` and ``load.png``."""
        (folder / "report.md").write_text(f"{self.text()}\n", "utf-8")
        totals = {
            # JSON has no NaN, which a scenario without requests has.
            name: {figure: None if math.isnan(value) else value for figure, value in asdict(total).items()}
            for name, total in self.totals.items()
        }
        summary = {"figures": totals, "found": [*self.found], "failures": self.failures}
        (folder / "figures.json").write_text(json.dumps(summary, indent=2), "utf-8")
        draw(self.samples, folder / "load.png")


def _row(name: str, total: Figures) -> str:
    worst = THRESHOLDS[name]
    return (
        f"| {name} | {total.requests} | {total.per_second:.1f} | {total.p50:.0f} | {total.p95:.0f} "
        f"({worst.p95:.0f}) | {total.slowest:.0f} | {total.error_share:.1%} ({worst.error_share:.1%}) |"
    )


def _requests(scenario: str, samples: Sequence[Sample]) -> list[str]:
    times = defaultdict(list)
    for sample in samples:
        times[sample.name].append(sample.milliseconds)
    return [
        f"| {scenario} | {name} | {len(each)} | {percentile(each, 0.5):.0f} | {percentile(each, 0.95):.0f} |"
        for name, each in sorted(times.items())
    ]


def _errors(scenario: str, samples: Sequence[Sample]) -> list[str]:
    counted = Counter(f"{sample.name}: {sample.error}" for sample in samples if sample.error)
    return [f"- {scenario}, {number} times: `{text}`" for text, number in counted.most_common(5)]


def by_second(samples: Sequence[Sample]) -> list[tuple[int, list[float]]]:
    """Return the times of each second that had answers, seconds counted from the first one."""
    if not samples:
        return []
    first = int(min(sample.at for sample in samples))
    times = defaultdict(list)
    for sample in samples:
        times[int(sample.at) - first].append(sample.milliseconds)
    return sorted(times.items())


def draw(samples: Mapping[str, Sequence[Sample]], path: Path) -> None:
    """Draw each scenario: requests a second above, p50 and p95 of each second with the threshold below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(samples) + 1, 6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, len(samples), squeeze=False, sharex="col")
    for column, (name, each) in enumerate(samples.items()):
        seconds = by_second(each)
        at = [second for second, _ in seconds]
        rate, times = above[column], below[column]
        rate.bar(at, [len(found) for _, found in seconds], width=0.9, color=_QUIET)
        rate.set_title(name)
        times.plot(at, [percentile(found, 0.5) for _, found in seconds], color=_P50, marker=".", label="p50")
        times.plot(at, [percentile(found, 0.95) for _, found in seconds], color=_P95, marker=".", label="p95")
        times.axhline(THRESHOLDS[name].p95, color=_P95, linestyle=":", label="p95 of the whole, at most")
        times.set_xlabel("seconds")
        for axes in (rate, times):
            axes.set_ylim(bottom=0)
            axes.grid(axis="y", alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
    above[0].set_ylabel("requests a second")
    below[0].set_ylabel("milliseconds")
    below[0].legend(frameon=False)
    figure.savefig(path, dpi=110)
