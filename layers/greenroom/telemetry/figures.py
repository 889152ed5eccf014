"""The catalogue's metrics as CloudWatch has them: which series there are, and what they were in two windows.

A process cannot count for the others, and each request meets another one, so nothing here comes from memory.
The series of single routes are left out: they are many, and a dashboard of CloudWatch has them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from greenroom.refusals import Unavailable

from . import catalogue
from .catalogue import Metric, Unit

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef

WINDOWS: Mapping[str, int] = {"5m": 300, "1h": 3600}
"""The windows by name, in seconds. Each ends with the minute at hand, so it is up to a minute short."""

_MOST_QUERIES = 500
"""What GetMetricData takes at once."""

_DISTRIBUTION = {"SampleCount": "count", "p50": "p50", "p95": "p95", "p99": "p99"}
_SHARE = {"Average": "average", "Maximum": "maximum"}
_SUM = {"Sum": "sum"}
STATISTICS: Mapping[Unit, Mapping[str, str]] = {
    Unit.MILLISECONDS: _DISTRIBUTION,
    Unit.SECONDS: _DISTRIBUTION,
    Unit.PERCENT: _SHARE,
    Unit.COUNT: _SUM,
    Unit.NONE: _SUM,
}
"""CloudWatch's name of each statistic that says something of a metric of that unit, and ours."""

_ADDED = frozenset({"SampleCount", "Sum"})

Values = dict[str, float]
Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One metric for one set of dimensions: by window, its statistics; a window without any is left out."""

    metric: Metric
    dimensions: Dimensions
    windows: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Figures:
    """All series that had values in the last three hours, as they were at one moment."""

    at: datetime
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One query, and what its answer is for."""

    metric: Metric
    dimensions: Dimensions
    window: str
    statistic: str


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(retry_after=5) from error


def fetch(cloudwatch: "CloudWatchClient", stage: str, now: datetime) -> Figures:
    """Ask CloudWatch for everything; raise ``Unavailable``."""
    with_values = sorted(_listed(cloudwatch, stage), key=lambda one: (_ORDER[one[0].name], one[1]))
    return Figures(now, tuple(_read(cloudwatch, stage, with_values, now)))


def fetch_totals(
    cloudwatch: "CloudWatchClient", stage: str, metrics: Iterable[Metric], now: datetime
) -> dict[Metric, Values]:
    """Ask for a few metrics of the stage as a whole in the shortest window; raise ``Unavailable``."""
    window = next(iter(WINDOWS))
    found = _read(cloudwatch, stage, [(metric, ()) for metric in metrics], now, (window,))
    return {series.metric: series.windows.get(window, {}) for series in found}


_BY_NAME = {metric.name: metric for metric in catalogue.ALL}
_ORDER = {name: position for position, name in enumerate(_BY_NAME)}


def _listed(cloudwatch: "CloudWatchClient", stage: str) -> Iterator[tuple[Metric, Dimensions]]:
    """Yield the series that exist and are of the catalogue. Nothing is asked for, and paid, in vain."""
    token: dict[str, str] = {}
    while True:
        with _errors_translated():
            answer = cloudwatch.list_metrics(
                Namespace=catalogue.namespace(stage),
                RecentlyActive="PT3H",
                **token,  # type: ignore[arg-type]
            )
        for listed in answer["Metrics"]:
            metric = _BY_NAME.get(listed.get("MetricName", ""))
            dimensions = tuple(sorted((one["Name"], one["Value"]) for one in listed.get("Dimensions", ())))
            names = {name for name, _ in dimensions}
            wanted = metric is not None and names in [set(some) for some in metric.dimensions]
            if metric is not None and wanted and catalogue.ROUTE not in names:
                yield metric, dimensions
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _read(
    cloudwatch: "CloudWatchClient",
    stage: str,
    wanted: Sequence[tuple[Metric, Dimensions]],
    now: datetime,
    windows: Iterable[str] = tuple(WINDOWS),
) -> Iterator[Series]:
    """Yield what is wanted, in its order."""
    found: dict[tuple[Metric, Dimensions], dict[str, Values]] = {each: {} for each in wanted}
    for window in windows:
        asked = [
            _Asked(metric, dimensions, window, statistic)
            for metric, dimensions in wanted
            for statistic in STATISTICS[metric.unit]
        ]
        for start in range(0, len(asked), _MOST_QUERIES):
            part = asked[start : start + _MOST_QUERIES]
            for one, points in _answered(cloudwatch, stage, part, now):
                own = found[one.metric, one.dimensions].setdefault(one.window, {})
                # One period is asked for. Were it cut in two, a percentile would be that of the worse part.
                value = sum(points) if one.statistic in _ADDED else max(points)
                own[STATISTICS[one.metric.unit][one.statistic]] = round(value, 3)
    for (metric, dimensions), by_window in found.items():
        yield Series(metric, dimensions, by_window)


def _answered(
    cloudwatch: "CloudWatchClient", stage: str, asked: Sequence[_Asked], now: datetime
) -> Iterator[tuple[_Asked, list[float]]]:
    """Yield each query that had values, with them."""
    if not asked:
        return
    seconds = WINDOWS[asked[0].window]
    end = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    points: dict[str, list[float]] = {}
    for result in _pages(
        cloudwatch,
        [_query(f"q{number}", one, stage, seconds) for number, one in enumerate(asked)],
        start=end - timedelta(seconds=seconds),
        end=end,
    ):
        points.setdefault(result["Id"], []).extend(result["Values"])
    yield from ((one, points[f"q{n}"]) for n, one in enumerate(asked) if points.get(f"q{n}"))


def _query(name: str, asked: _Asked, stage: str, seconds: int) -> "MetricDataQueryTypeDef":
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": catalogue.namespace(stage),
                "MetricName": asked.metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in asked.dimensions],
            },
            "Period": seconds,
            "Stat": asked.statistic,
        },
    }


def _pages(
    cloudwatch: "CloudWatchClient",
    queries: list["MetricDataQueryTypeDef"],
    *,
    start: datetime,
    end: datetime,
) -> Iterator["MetricDataResultTypeDef"]:
    token: dict[str, str] = {}
    while True:
        with _errors_translated():
            answer = cloudwatch.get_metric_data(
                MetricDataQueries=queries,
                StartTime=start,
                EndTime=end,
                **token,  # type: ignore[arg-type]
            )
        for result in answer["MetricDataResults"]:
            if result.get("StatusCode") not in {"Complete", "PartialData"}:
                raise Unavailable(retry_after=5)
            yield result
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}
