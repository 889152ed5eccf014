"""Widgets as plain data, and the document that CloudWatch makes a dashboard of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from greenroom.telemetry.catalogue import Metric, namespace
from stacks.observability.alarms.alarm import Alarm
from stacks.observability.sources import Term, UnknownMetric

COLUMNS = 24
HEIGHT = 6
_MOST_BELOW = 5
"""Lines whose names have room below a graph; more, or a search's unknown number, stand beside it."""

Body = dict[str, Any]
View = Literal["timeSeries", "singleValue"]


@dataclass(frozen=True, slots=True)
class Line:
    """A term to draw; ``shown=False`` only feeds expressions, which know it by ``identity``."""

    term: Term
    label: str
    identity: str = ""
    shown: bool = True
    right: bool = False
    """Against the axis on the right, for what has another unit."""


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression of lines to draw, or a search for many: a search's lines are labelled by what differs."""

    expression: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """One widget of numbers."""

    title: str
    lines: Sequence[Line | Formula]
    unit: str
    width: int = 8
    height: int = HEIGHT
    period: int = 300
    view: View = "timeSeries"
    stacked: bool = False
    right_unit: str = ""
    thresholds: tuple[str, ...] = ()
    """Names of alarms, whose thresholds are drawn."""
    marks: Mapping[str, float] = field(default_factory=dict)
    """Further thresholds by label, for alarms whose values are in another unit here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One widget that shows the state of alarms."""

    title: str
    arns: Sequence[str]
    width: int = COLUMNS
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Row:
    """A heading with what it means, and the widgets below it, which wrap at the edge."""

    heading: str
    widgets: Sequence[Graph | Status] = field(default_factory=tuple)


def searched(stage: str, metric: Metric, statistic: str, period: int, *dimensions: str) -> str:
    """Return the search for every value of the dimensions. Raises ``UnknownMetric`` like ``ours``."""
    if dimensions not in metric.dimensions:
        raise UnknownMetric(f"{metric.name} is not emitted by {list(dimensions)}")
    schema = ",".join((namespace(stage), *dimensions))
    return f"""SEARCH('{{{schema}}} MetricName="{metric.name}"', '{statistic}', {period})"""


def body(rows: Sequence[Row], alarms: Mapping[str, Alarm], *, region: str) -> Body:
    """Return the dashboard's document: rows one below the other on a grid of 24 columns."""
    widgets: list[Body] = []
    y = 0
    for row in rows:
        widgets.append(_placed({"type": "text", "properties": {"markdown": row.heading}}, 0, y, COLUMNS, 1))
        y += 1
        x = tallest = 0
        for widget in row.widgets:
            if x + widget.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            widgets.append(_placed(_widget(widget, alarms, region), x, y, widget.width, widget.height))
            x, tallest = x + widget.width, max(tallest, widget.height)
        y += tallest
    return {"widgets": widgets, "periodOverride": "inherit", "start": "-PT6H"}


def _placed(widget: Body, x: int, y: int, width: int, height: int) -> Body:
    return {**widget, "x": x, "y": y, "width": width, "height": height}


def _widget(widget: Graph | Status, alarms: Mapping[str, Alarm], region: str) -> Body:
    if isinstance(widget, Status):
        return {"type": "alarm", "properties": {"title": widget.title, "alarms": list(widget.arns)}}
    properties: Body = {
        "title": widget.title,
        "region": region,
        "view": widget.view,
        "stacked": widget.stacked,
        "period": widget.period,
        "metrics": list(_metrics(widget.lines)),
    }
    if widget.view == "singleValue":
        properties |= {"setPeriodToTimeRange": False}
    else:
        properties["yAxis"] = {"left": {"label": widget.unit, "min": 0, "showUnits": False}}
        if widget.right_unit:
            properties["yAxis"]["right"] = {"label": widget.right_unit, "min": 0, "showUnits": False}
    shown = [line for line in widget.lines if isinstance(line, Formula) or line.shown]
    if len(shown) > _MOST_BELOW or any(isinstance(line, Formula) and not line.label for line in shown):
        properties["legend"] = {"position": "right"}
    marks = {**_marked([alarms[name] for name in widget.thresholds]), **widget.marks}
    if marks:
        properties["annotations"] = {
            "horizontal": [{"label": label, "value": value} for label, value in marks.items()]
        }
    return {"type": "metric", "properties": properties}


def _marked(alarms: Sequence[Alarm]) -> Mapping[str, float]:
    """Return thresholds by label; alarms of one kind that share a threshold share a line."""
    kinds: dict[tuple[str, float], list[Alarm]] = {}
    for alarm in alarms:
        kinds.setdefault((alarm.name.rpartition("-")[0], alarm.threshold), []).append(alarm)
    marks = {}
    for (kind, threshold), alike in kinds.items():
        name = alike[0].name if len(alike) == 1 else f"{kind}-*"
        marks[f"alarm {name}: {threshold:g} {alike[0].unit}".rstrip()] = threshold
    return marks


def _metrics(lines: Sequence[Line | Formula]) -> Iterator[list[Any]]:
    for number, line in enumerate(lines, start=1):
        if isinstance(line, Formula):
            label = {"label": line.label} if line.label else {}
            yield [{"expression": line.expression, "id": f"e{number}", **label}]
        else:
            options: Body = {"stat": line.term.statistic, "label": line.label}
            options |= {"id": line.identity} if line.identity else {}
            options |= {} if line.shown else {"visible": False}
            options |= {"yAxis": "right"} if line.right else {}
            source = line.term.source
            dimensions = [part for pair in source.dimensions.items() for part in pair]
            yield [source.namespace, source.name, *dimensions, options]
