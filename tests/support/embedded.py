"""Reads embedded metrics out of a log line, by the letter of CloudWatch's specification of the format."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Reading = tuple[str, str, str, tuple[tuple[str, str], ...], float]
"""Namespace, metric, unit, dimensions by name, value."""


def read_line(line: Mapping[str, Any]) -> Counter[Reading]:
    """Return every value of the line, once for each dimension set; assert that it is well-formed."""
    found: Counter[Reading] = Counter()
    if "_aws" not in line:
        return found
    described = line["_aws"]
    assert isinstance(described["Timestamp"], int)
    for directive in described["CloudWatchMetrics"]:
        assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Metrics"]) <= 100
        for names in directive["Dimensions"]:
            assert len(names) <= 30
            for metric in directive["Metrics"]:
                found.update(_values(line, directive["Namespace"], names, metric))
    return found


def _values(
    line: Mapping[str, Any], namespace: str, names: list[str], metric: Mapping[str, Any]
) -> Iterable[Reading]:
    assert metric.keys() <= {"Name", "Unit", "StorageResolution"}
    dimensions = []
    for name in names:
        assert isinstance(line[name], str)
        assert line[name]
        dimensions.append((name, line[name]))
    values = line[metric["Name"]]
    assert isinstance(values, list)
    assert 1 <= len(values) <= 100
    for value in values:
        assert isinstance(value, int | float)
        yield namespace, metric["Name"], metric["Unit"], tuple(dimensions), float(value)


def read_lines(lines: Iterable[Mapping[str, Any]]) -> Counter[Reading]:
    """Return every value that the lines carry."""
    found: Counter[Reading] = Counter()
    for line in lines:
        found.update(read_line(line))
    return found
