"""Metrics as alarms and widgets ask for them: each is one that is emitted, under dimensions that it has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from greenroom.telemetry.catalogue import Metric, namespace
from stacks.observability.aws_metrics import KNOWN

_STATISTIC = re.compile(r"Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?")


class UnknownMetric(Exception):
    """An alarm or a widget asks for something that nobody emits; the message names it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One metric under one set of dimensions: something that CloudWatch has values of."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """A source and the statistic that is asked of it."""

    source: Source
    statistic: str

    def __post_init__(self) -> None:
        if not _STATISTIC.fullmatch(self.statistic):
            raise UnknownMetric(f"{self.source.name}: no statistic {self.statistic!r}")


def ours(stage: str, metric: Metric, statistic: str, **dimensions: str) -> Term:
    """Return a metric of the catalogue. Raises ``UnknownMetric`` where it has no such dimensions."""
    if frozenset(dimensions) not in {frozenset(names) for names in metric.dimensions}:
        raise UnknownMetric(f"{metric.name} is not emitted by {sorted(dimensions)}")
    return Term(Source(namespace(stage), metric.name, dimensions), statistic)


def of_aws(name: str, statistic: str, **dimensions: str) -> Term:
    """Return a metric of AWS, ``name`` being ``AWS/Lambda:Errors``. Raises ``UnknownMetric``."""
    known = KNOWN.get(name)
    if known is None or known.dimensions != frozenset(dimensions):
        raise UnknownMetric(f"{name} by {sorted(dimensions)} is not in the list of AWS's metrics")
    return Term(Source(known.namespace, known.name, dimensions), statistic)


MAX_MEMORY = "MaxMemoryUsed"


def max_memory(stage: str, function: str) -> Term:
    """Return the most memory that one invocation of a function used, in MB, as its platform's reports say."""
    return Term(Source(memory_namespace(stage, function), MAX_MEMORY), "Maximum")


def memory_namespace(stage: str, function: str) -> str:
    """Return where the filter of a function's log puts it: it adds no dimension that its line has not."""
    return f"{namespace(stage)}/{function}"
