"""Dashboards as pictures, on CloudWatch's own grid: titles, axes, lines, and the thresholds of alarms."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from local.dashboards.formulas import evaluate
from local.dashboards.samples import Values, sample

COLUMNS, COLUMN, ROW, DPI = 24, 0.8, 0.5, 100
"""The grid's columns, and inches of a column and of a row of it."""
_LONGEST = 34
_SPANS = {60: 3 * 3600, 300: 12 * 3600}
"""How many seconds are drawn, by the period of a point; of longer periods a week."""

Box = tuple[float, float, float, float]
"""Left, bottom, width, height in inches."""
Lines = list[tuple[str, Values, bool]]
"""Labels, values, and whether they are against the axis on the right."""


def draw(dashboard: Mapping[str, Any], target: Path, *, title: str) -> list[str]:
    """Draw a dashboard's document into a PNG and return the titles of what was drawn."""
    widgets = dashboard["widgets"]
    rows = max(widget["y"] + widget["height"] for widget in widgets)
    figure = Figure(figsize=(COLUMNS * COLUMN, rows * ROW + 0.6), dpi=DPI, facecolor="#f4f5f7")
    FigureCanvasAgg(figure)
    figure.text(
        0.008, 1 - 0.3 / (rows * ROW + 0.6), f"{title}  (made-up values)", size=15, weight="bold", va="center"
    )
    painters: Mapping[str, Callable[[Figure, Box, Mapping[str, Any]], str]] = {
        "text": _text,
        "alarm": _alarms,
        "metric": _metric,
    }
    titles = []
    for widget in widgets:
        box = (
            widget["x"] * COLUMN,
            (rows - widget["y"] - widget["height"]) * ROW,
            widget["width"] * COLUMN,
            widget["height"] * ROW,
        )
        titles.append(painters[widget["type"]](figure, box, widget["properties"]))
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        figure.savefig(target)
    return titles


def _axes(figure: Figure, box: Box, **margins: float) -> Axes:
    """Add axes within a box, leaving margins in inches."""
    width, height = figure.get_size_inches()
    left, bottom, wide, tall = box
    inner = (
        (left + margins.get("left", 0)) / width,
        (bottom + margins.get("bottom", 0)) / height,
        (wide - margins.get("left", 0) - margins.get("right", 0)) / width,
        (tall - margins.get("bottom", 0) - margins.get("top", 0)) / height,
    )
    return figure.add_axes(inner)


def _card(figure: Figure, box: Box, title: str) -> Axes:
    """Add a white card with a title."""
    left, bottom, wide, tall = box
    gap = 0.05
    card = _axes(figure, (left + gap, bottom + gap, wide - 2 * gap, tall - 2 * gap))
    card.set_xticks([])
    card.set_yticks([])
    card.set_facecolor("white")
    for spine in card.spines.values():
        spine.set_color("#d5dbdb")
    inches = tall - 2 * gap
    card.text(0.1 / (wide - 2 * gap), 1 - 0.17 / inches, title, size=10, weight="bold", va="center")
    return card


def _text(figure: Figure, box: Box, properties: Mapping[str, Any]) -> str:
    heading = str(properties["markdown"]).lstrip("# ")
    axes = _axes(figure, box)
    axes.set_axis_off()
    axes.text(0.004, 0.4, heading, size=13, weight="bold", color="#16191f", va="center")
    return heading


def _alarms(figure: Figure, box: Box, properties: Mapping[str, Any]) -> str:
    """Draw the state of each alarm; one of them is made up to be raised, so that one sees how that looks."""
    card = _card(figure, box, properties["title"])
    names = properties["alarms"]
    columns = 4
    lines = -(-len(names) // columns)
    short = names[0].rpartition("-users-are-hurt")[0]
    for number, name in enumerate(names):
        column, line = divmod(number, lines)
        x, y = 0.012 + column / columns, 0.9 - (line + 0.5) * 0.9 / lines
        raised = name.endswith("-latency-payments")
        card.text(x, y, "■", size=11, color="#d13212" if raised else "#1d8102", va="center")
        label = name.removeprefix(f"{short}-") + ("  in alarm" if raised else "")
        card.text(x + 0.016, y, label, size=8.5, va="center")
    return str(properties["title"])


def _metric(figure: Figure, box: Box, properties: Mapping[str, Any]) -> str:
    card = _card(figure, box, properties["title"])
    single = properties["view"] == "singleValue"
    period = int(properties["period"])
    span = _SPANS.get(period, 7 * 86400)
    points = 1 if single else span // period + 1
    lines = _lines(properties["metrics"], points, period)
    if single:
        _numbers(card, lines)
    else:
        _graph(figure, box, properties, lines, period)
    return str(properties["title"])


def _lines(metrics: list[list[Any]], points: int, period: int) -> Lines:
    known: dict[str, Values] = {}
    drawn: Lines = []
    for *source, options in metrics:
        right = options.get("yAxis") == "right"
        if source:
            _, name, *dimensions = source
            values = sample(name, dimensions, options["stat"], points, period)
            known |= {options["id"]: values} if "id" in options else {}
            if options.get("visible", True):
                drawn.append((options["label"], values, right))
        else:
            found = evaluate(options["expression"], known, points=points, seconds=period)
            drawn += [(label or options["label"], values, right) for label, values in found]
    return drawn


def _numbers(card: Axes, lines: Lines) -> None:
    for number, (label, values, _) in enumerate(lines):
        y = 0.82 - (number + 0.5) * 0.8 / len(lines)
        card.text(0.5, y + 0.05, f"{values[-1]:.4g}", size=24, ha="center", va="center", color="#0073bb")
        card.text(0.5, y - 0.1, label, size=8, ha="center", va="center", color="#545b64")


def _graph(figure: Figure, box: Box, properties: Mapping[str, Any], lines: Lines, period: int) -> None:
    beside = properties.get("legend", {}).get("position") == "right"
    on_right = properties["yAxis"].get("right")
    longest = max(len(_shortened(label)) for label, _, _ in lines)
    room = 0.5 + 0.064 * longest if beside else 0.25
    axes = _axes(
        figure,
        box,
        left=0.75,
        right=room + (0.6 if on_right else 0),
        top=0.4,
        bottom=0.38 if beside else 0.72,
    )
    twin = axes.twinx() if on_right else None
    colours = mpl.colormaps["tab20"].colors  # type: ignore[attr-defined]
    hours = np.arange(len(lines[0][1])) * period / 3600
    in_days = hours[-1] > 24
    when = (hours - hours[-1]) / (24 if in_days else 1)
    handles: list[Any] = []
    lowest = np.zeros(len(when))
    for number, (label, values, right) in enumerate(lines):
        colour, text = colours[(2 * number) % 20 + (number // 10) % 2], _shortened(label)
        if properties["stacked"]:
            handles.append(axes.fill_between(when, lowest, lowest + values, color=colour, label=text, lw=0))
            lowest = lowest + values
        else:
            on = twin if right and twin is not None else axes
            style = "--" if right else "-"
            handles += on.plot(when, values, style, color=colour, lw=1.2, label=text)
    _scale(axes, properties["yAxis"]["left"]["label"], when)
    axes.set_xlabel("")
    if twin is not None:
        twin.set_ylabel(f"{on_right['label']} (dashed)", size=8)
        twin.set_ylim(bottom=0)
        twin.tick_params(labelsize=7)
        twin.spines["top"].set_visible(False)
    unit = "d" if in_days else "h"
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} {unit}" if value else "now")
    _thresholds(axes, properties.get("annotations", {}).get("horizontal", []))
    _legend(axes, handles, beside=beside, offset=0.65 if on_right else 0.05)


def _scale(axes: Axes, unit: str, when: Values) -> None:
    axes.set_ylabel(unit, size=8)
    axes.set_ylim(bottom=0, top=max(1.0, axes.get_ylim()[1] * 1.08))
    axes.set_xlim(when[0], when[-1])
    axes.tick_params(labelsize=7)
    axes.yaxis.set_major_formatter(_number)
    axes.grid(axis="y", color="#e9ebed", lw=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _number(value: float, _: object) -> str:
    thousands = ((1e6, "M"), (1e3, "k"), (1.0, ""))
    size, suffix = next((found for found in thousands if abs(value) >= found[0]), (1.0, ""))
    return f"{value / size:g}{suffix}"


def _thresholds(axes: Axes, annotations: list[Mapping[str, Any]]) -> None:
    """Draw the thresholds of alarms; those that lie close together take turns at the two edges."""
    if annotations:
        axes.set_ylim(top=max(axes.get_ylim()[1], 1.15 * max(float(a["value"]) for a in annotations)))
    for number, annotation in enumerate(sorted(annotations, key=lambda found: float(found["value"]))):
        axes.axhline(annotation["value"], color="#d13212", lw=1, ls=(0, (5, 3)))
        axes.annotate(
            annotation["label"],
            (0.01 if number % 2 == 0 else 0.99, annotation["value"]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            size=7,
            color="#d13212",
            ha="left" if number % 2 == 0 else "right",
            va="bottom",
            bbox={"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 0.5},
            zorder=5,
        )


def _legend(axes: Axes, handles: list[Any], *, beside: bool, offset: float) -> None:
    width = axes.get_window_extent().width / DPI
    if beside:
        axes.legend(
            handles=handles,
            loc="center left",
            bbox_to_anchor=(1 + offset / width, 0.5),
            fontsize=7,
            frameon=False,
            borderaxespad=0,
            handlelength=1.2,
            labelspacing=0.25,
        )
    else:
        height = axes.get_window_extent().height / DPI
        axes.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.27 / height),
            fontsize=7.5,
            frameon=False,
            ncols=min(len(handles), 3),
            borderaxespad=0,
            handlelength=1.2,
            columnspacing=1.0,
            labelspacing=0.2,
        )


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
