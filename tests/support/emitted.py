"""Metrics as CloudWatch would read them out of log lines (embedded metric format)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Emission:
    """A metric under one set of dimensions, as a line declares it."""

    namespace: str
    name: str
    dimensions: frozenset[str]
    unit: str


def emissions(lines: Iterable[Mapping[str, Any]]) -> dict[Emission, list[Mapping[str, str]]]:
    """Return what lines emit, and under which values of its dimensions each.

    Fails where a line declares a metric or a dimension that it has no value of: CloudWatch would drop it.
    """
    found: dict[Emission, list[Mapping[str, str]]] = {}
    for line in lines:
        for declared in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for metric in declared["Metrics"]:
                values = line[metric["Name"]]
                assert all(isinstance(value, int | float) for value in _list(values)), line
                for names in declared["Dimensions"]:
                    emission = Emission(
                        declared["Namespace"], metric["Name"], frozenset(names), metric["Unit"]
                    )
                    found.setdefault(emission, []).append({name: str(line[name]) for name in names})
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
