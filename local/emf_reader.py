"""Reads the metrics out of a log line as CloudWatch does: the embedded metric format.

The members of ``_aws`` say which other members of the line are metrics and which are dimensions. A line that
breaks the format gives nothing at all, and says why, as CloudWatch then counts it as a failed one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Name = Annotated[str, Field(strict=True, min_length=1, max_length=255)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_VALUES: TypeAdapter[dict[str, list[float]]] = TypeAdapter(
    dict[str, Annotated[list[_Number], Field(max_length=100)]]
)
_DIMENSIONS: TypeAdapter[dict[str, str]] = TypeAdapter(
    dict[str, Annotated[str, Field(strict=True, min_length=1, max_length=1024)]]
)


class _Member(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal)


class _Metric(_Member):
    name: _Name
    unit: MetricUnit = MetricUnit("None")
    storage_resolution: Literal[1, 60] = 60


class _Directive(_Member):
    namespace: _Name
    dimensions: Annotated[list[Annotated[list[_Name], Field(max_length=30)]], Field(min_length=1)]
    metrics: Annotated[list[_Metric], Field(max_length=100)]


class _Description(_Member):
    timestamp: _Number
    cloud_watch_metrics: list[_Directive]


class MalformedMetrics(Exception):
    """The line says that it has metrics, and breaks the format; the message says where."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The values that a line gives one metric under one of its dimension sets."""

    namespace: str
    metric: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    """Names and values, sorted by name: the order in which a line names them makes no difference."""
    values: tuple[float, ...]
    timestamp: datetime
    resolution: int
    """Seconds: 60, or 1 for a metric of high resolution."""


def read_metrics(line: Mapping[str, Any]) -> list[Reading]:
    """Return what the line measures, nothing for a line without metrics. Raises ``MalformedMetrics``."""
    try:
        return list(_readings(line)) if "_aws" in line else []
    except OverflowError:
        raise MalformedMetrics("Timestamp: no time that exists") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise MalformedMetrics(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def metric_names(line: Mapping[str, Any]) -> frozenset[str]:
    """Return the members of the line that are there as metrics, ``_aws`` included; none if malformed."""
    try:
        found = {reading.metric for reading in read_metrics(line)}
    except MalformedMetrics:
        found = set()
    return frozenset({"_aws", *found})


def _readings(line: Mapping[str, Any]) -> Iterator[Reading]:
    described = _Description.model_validate(line["_aws"])
    timestamp = _EPOCH + timedelta(milliseconds=described.timestamp)
    for directive in described.cloud_watch_metrics:
        sets = [
            tuple(sorted(_DIMENSIONS.validate_python({name: line.get(name) for name in names}).items()))
            for names in directive.dimensions
        ]
        found = {metric.name: line.get(metric.name) for metric in directive.metrics}
        values = _VALUES.validate_python(
            {name: value if isinstance(value, list) else [value] for name, value in found.items()}
        )
        for metric in directive.metrics:
            for dimensions in sets:
                yield Reading(
                    directive.namespace,
                    metric.name,
                    metric.unit.value,
                    dimensions,
                    tuple(values[metric.name]),
                    timestamp,
                    metric.storage_resolution,
                )
