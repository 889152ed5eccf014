"""What the templates watch: every metric that an alarm or a widget names, read out of the synthesised."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.infra.templates import Assembly

_SEARCH = re.compile(r"""SEARCH\('{([^,}]+),([^}]+)} MetricName="(\w+)"', '(\w+)', \d+\)""")


@dataclass(frozen=True)
class Used:
    """A metric as somebody asks for it; a search leaves its dimensions' values open."""

    where: str
    namespace: str
    name: str
    dimensions: Mapping[str, str | None]
    statistic: str

    @property
    def by(self) -> frozenset[str]:
        return frozenset(self.dimensions)


def stack(stage: str) -> str:
    """Return the name of a stage's stack."""
    return f"greenroom-{stage}-observability"


def alarms(assembly: Assembly, stage: str) -> dict[str, Mapping[str, Any]]:
    """Return the properties of the alarms on metrics, by name without the stage."""
    return _named(assembly, stage, "CloudWatch::Alarm")


def composites(assembly: Assembly, stage: str) -> dict[str, Mapping[str, Any]]:
    """Return the properties of the alarms on alarms, by name without the stage."""
    return _named(assembly, stage, "CloudWatch::CompositeAlarm")


def _named(assembly: Assembly, stage: str, kind: str) -> dict[str, Mapping[str, Any]]:
    """Those of releases stand beside the functions, in their stack."""
    found = [
        resource["Properties"]
        for name in (stack(stage), f"greenroom-{stage}-api")
        for resource in assembly.resources(name, kind).values()
    ]
    return {properties["AlarmName"].removeprefix(f"greenroom-{stage}-"): properties for properties in found}


def used_by_alarms(assembly: Assembly, stage: str) -> Iterator[Used]:
    """Yield every metric that an alarm names."""
    for name, alarm in alarms(assembly, stage).items():
        for metric, statistic in _asked(alarm):
            dimensions = {one["Name"]: assembly.text(one["Value"]) for one in metric.get("Dimensions", [])}
            yield Used(name, metric["Namespace"], metric["MetricName"], dimensions, statistic)


def _asked(alarm: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    if "MetricName" in alarm:
        yield alarm, alarm.get("Statistic") or alarm["ExtendedStatistic"]
    for query in alarm.get("Metrics", []):
        if "MetricStat" in query:
            yield query["MetricStat"]["Metric"], query["MetricStat"]["Stat"]


def dashboards(assembly: Assembly, stage: str) -> dict[str, Mapping[str, Any]]:
    """Return the dashboards' documents by name without the stage."""
    found = assembly.resources(stack(stage), "CloudWatch::Dashboard").values()
    return {
        resource["Properties"]["DashboardName"].removeprefix(f"greenroom-{stage}-"): json.loads(
            assembly.text(resource["Properties"]["DashboardBody"])
        )
        for resource in found
    }


def graphs(assembly: Assembly, stage: str) -> Iterator[Mapping[str, Any]]:
    """Yield the properties of every widget that shows numbers."""
    for dashboard in dashboards(assembly, stage).values():
        yield from (widget["properties"] for widget in dashboard["widgets"] if widget["type"] == "metric")


def used_by_widgets(assembly: Assembly, stage: str) -> Iterator[Used]:
    """Yield every metric that a widget names or searches for."""
    for graph in graphs(assembly, stage):
        for *source, options in graph["metrics"]:
            if source:
                namespace, name, *pairs = source
                dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
                yield Used(graph["title"], namespace, name, dimensions, options["stat"])
            for found in _SEARCH.finditer(options.get("expression", "")):
                namespace, names, name, statistic = found.groups()
                yield Used(graph["title"], namespace, name, dict.fromkeys(names.split(",")), statistic)


def used(assembly: Assembly, stage: str) -> list[Used]:
    """Return every metric that anything names."""
    return [*used_by_alarms(assembly, stage), *used_by_widgets(assembly, stage)]
