"""Counts the values that log lines give CloudWatch, as the local system reads them."""

from collections import Counter
from collections.abc import Iterable, Mapping
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
