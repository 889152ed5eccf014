"""What log lines give CloudWatch, as the local system reads them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.emf_reader import read_metrics

Value = tuple[str, str, str, tuple[tuple[str, str], ...], float]
"""Namespace, metric, unit, dimensions in the order of their names, value."""


def read_lines(lines: Iterable[Mapping[str, Any]]) -> Counter[Value]:
    """Return every value of the lines, once for each dimension set; a malformed line fails."""
    return Counter(
        (reading.namespace, reading.metric, reading.unit, reading.dimensions, value)
        for line in lines
        for reading in read_metrics(line)
        for value in reading.values
    )


@dataclass(frozen=True)
class Emission:
    """A metric under one set of dimensions, as a line declares it."""

    namespace: str
    name: str
    dimensions: frozenset[str]
    unit: str


def emissions(lines: Iterable[Mapping[str, Any]]) -> dict[Emission, list[Mapping[str, str]]]:
    """Return what lines emit, and under which values of its dimensions each; a malformed line fails."""
    found: dict[Emission, list[Mapping[str, str]]] = {}
    for line in lines:
        for reading in read_metrics(line):
            dimensions = dict(reading.dimensions)
            emission = Emission(reading.namespace, reading.metric, frozenset(dimensions), reading.unit)
            found.setdefault(emission, []).append(dimensions)
    return found
