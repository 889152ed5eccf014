"""Reads the metrics out of a log line as CloudWatch does: the embedded metric format.

The members of ``_aws`` say which other members of the line are metrics and which are dimensions. A line that
breaks the format gives nothing at all, and says why, as CloudWatch then counts it as a failed one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

MOST_METRICS = 100
"""Of one directive."""
MOST_VALUES = 100
"""Of one metric in a line."""
MOST_DIMENSIONS = 30
"""Of one dimension set."""
_LONGEST_NAME = 255
_LONGEST_DIMENSION_VALUE = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SIZES = [f"{size}{kind}" for kind in ("bytes", "bits") for size in ("", "kilo", "mega", "giga", "tera")]
UNITS = frozenset(
    {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
    | {size.capitalize() for size in _SIZES}
    | {f"{size.capitalize()}/Second" for size in _SIZES}
)
"""Every unit that CloudWatch knows."""


class MalformedMetrics(Exception):
    """The line says that it has metrics, and breaks the format; the message says where."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The values that a line gives one metric under one of its dimension sets."""

    namespace: str
    metric: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    """Names and values, in order of the names: one set is one metric, in whatever order it is written."""
    values: tuple[float, ...]
    timestamp: datetime
    resolution: int
    """Seconds: 60, or 1 for a metric of high resolution."""


def read_metrics(line: Mapping[str, Any]) -> list[Reading]:
    """Return what the line measures, nothing for a line without metrics. Raises ``MalformedMetrics``."""
    if "_aws" not in line:
        return []
    described = line["_aws"]
    _check(isinstance(described, dict), "_aws is no object")
    timestamp = _timestamp(described.get("Timestamp"))
    directives = described.get("CloudWatchMetrics")
    _check(isinstance(directives, list), "CloudWatchMetrics is no list")
    return [reading for directive in directives for reading in _directive(directive, line, timestamp)]


def metric_names(line: Mapping[str, Any]) -> frozenset[str]:
    """Return the members of the line that are there as metrics, ``_aws`` included; none if malformed."""
    try:
        found = {reading.metric for reading in read_metrics(line)}
    except MalformedMetrics:
        found = set()
    return frozenset({"_aws", *found})


def _directive(directive: Any, line: Mapping[str, Any], timestamp: datetime) -> Iterator[Reading]:
    _check(isinstance(directive, dict), "a directive is no object")
    namespace = _name(directive.get("Namespace"), "a namespace")
    sets, metrics = directive.get("Dimensions"), directive.get("Metrics")
    _check(isinstance(sets, list) and bool(sets), "Dimensions has no set, not even an empty one")
    _check(isinstance(metrics, list), "Metrics is no list")
    _check(len(metrics) <= MOST_METRICS, f"a directive has more than {MOST_METRICS} metrics")
    dimensions = [_dimensions(names, line) for names in sets]
    for definition in metrics:
        _check(isinstance(definition, dict), "a metric is no object")
        metric = _name(definition.get("Name"), "a metric's name")
        unit, resolution = definition.get("Unit", "None"), definition.get("StorageResolution", 60)
        _check(unit in UNITS, f"{metric} has no unit that is known")
        _check(type(resolution) is int and resolution in {1, 60}, f"{metric} has no resolution that is known")
        values = _values(metric, line)
        for pairs in dimensions:
            yield Reading(namespace, metric, unit, pairs, values, timestamp, resolution)


def _dimensions(names: Any, line: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    _check(isinstance(names, list), "a dimension set is no list")
    _check(len(names) <= MOST_DIMENSIONS, f"a set has more than {MOST_DIMENSIONS} dimensions")
    return tuple(sorted((_name(name, "a dimension"), _dimension_value(name, line)) for name in names))


def _dimension_value(name: str, line: Mapping[str, Any]) -> str:
    value = line.get(name)
    _check(isinstance(value, str), f"the dimension {name} has no text in the line")
    text = str(value)
    _check(0 < len(text) <= _LONGEST_DIMENSION_VALUE, f"the dimension {name} is empty or too long")
    return text


def _values(metric: str, line: Mapping[str, Any]) -> tuple[float, ...]:
    found = line.get(metric)
    values: list[Any] = found if isinstance(found, list) else [found]
    _check(all(_is_number(value) for value in values), f"{metric} has no numbers in the line")
    _check(len(values) <= MOST_VALUES, f"{metric} has more than {MOST_VALUES} values")
    return tuple(float(value) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _timestamp(milliseconds: Any) -> datetime:
    _check(_is_number(milliseconds), "Timestamp is no number")
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise MalformedMetrics("Timestamp is no time") from None


def _name(value: Any, what: str) -> str:
    _check(isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME, f"{what} is no text of fitting length")
    return str(value)


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise MalformedMetrics(otherwise)
