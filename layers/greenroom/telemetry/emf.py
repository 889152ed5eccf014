"""CloudWatch's embedded metric format: metrics that are read out of a log line, so that they cost no call.

A line can carry any number of metrics, but each of its members has one value. So samples whose dimensions
have different values, or more values than a line may have of one metric, need lines of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from .catalogue import Metric, namespace
from .invocations import Sample

MOST_VALUES = 100
"""What the format allows of one metric in a line."""

Record = dict[str, Any]


@cache
def _provider(stage: str) -> AmazonCloudWatchEMFProvider:
    # A namespace and no service: the catalogue says which dimensions a metric has.
    provider = AmazonCloudWatchEMFProvider(namespace=namespace(stage))
    provider.service = None  # type: ignore[assignment] # it may stand in the environment
    return provider


def records(samples: Iterable[Sample], line: Mapping[str, Any], *, stage: str) -> list[Record]:
    """Return the members of ``line`` with the metrics they can carry, then records for those they cannot."""
    found: list[Record] = [dict(line)]
    for metrics, dimensions in _groups(samples):
        blob = _blob(metrics, dimensions, stage)
        description = blob.pop("_aws")
        named = {metric.name for metric in metrics}
        record = next((record for record in found if _fits(blob, named, record)), None)
        if record is None:
            record = {}
            found.append(record)
        record |= blob
        if "_aws" in record:
            record["_aws"]["CloudWatchMetrics"] += description["CloudWatchMetrics"]
        else:
            record["_aws"] = description
    return found


def _fits(blob: Mapping[str, Any], named: AbstractSet[str], record: Mapping[str, Any]) -> bool:
    return named.isdisjoint(record) and all(record.get(name, value) == value for name, value in blob.items())


def _groups(samples: Iterable[Sample]) -> list[tuple[dict[Metric, list[float]], dict[str, str]]]:
    """Gather samples that share their dimensions, at most ``MOST_VALUES`` of each metric in a group."""
    groups: dict[Any, list[tuple[dict[Metric, list[float]], dict[str, str]]]] = {}
    for sample in samples:
        wanted = sample.metric.dimension_names
        dimensions = {name: value for name, value in sample.dimensions.items() if name in wanted}
        alike = groups.setdefault((sample.metric.dimensions, tuple(dimensions.items())), [({}, dimensions)])
        values = alike[-1][0].setdefault(sample.metric, [])
        if len(values) == MOST_VALUES:
            values = []
            alike.append(({sample.metric: values}, dimensions))
        values.append(short(sample.value))
    return [group for alike in groups.values() for group in alike]


def short(value: float) -> float:
    """Return a value to a tenth, of its unit: what is measured here is no more exact than that."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def _blob(metrics: Mapping[Metric, Sequence[float]], dimensions: dict[str, str], stage: str) -> Record:
    described = {
        metric.name: {
            "Unit": metric.unit.value,
            "StorageResolution": 60,
            "Value": list(values),
        }
        for metric, values in metrics.items()
    }
    blob: Record = dict(_provider(stage).serialize_metric_set(metrics=described, dimensions=dimensions))
    # A single value needs no list.
    blob |= {metric.name: values[0] for metric, values in metrics.items() if len(values) == 1}
    sets = next(iter(metrics)).dimensions
    blob["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = [list(names) for names in sets]
    return blob
