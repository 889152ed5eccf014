"""CloudWatch's metrics on one machine: taken from the log lines, and asked for by the same calls, as there.

The emulator takes no metrics out of log lines, and answers a question about a metric without dimensions with
the sum of all that have some. So the lines are read here, and the AWS client's own calls of ``GetMetricData``
and ``ListMetrics`` are answered here before they reach a network. Nothing survives a stop.

A percentile lies between its two nearest values, by how far it is from each. How CloudWatch does that is not
published.
"""

import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from local.emf_reader import MalformedMetrics, read_metrics

RECENT_SECONDS = 3 * 3600
"""What ``RecentlyActive`` means, and how long values are kept."""

_MOST_VALUES = 100_000
_ASKED = "greenroom_metrics"

Dimensions = frozenset[tuple[str, str]]


class _Name(NamedTuple):
    namespace: str
    metric: str
    dimensions: Dimensions


class _Point(NamedTuple):
    at: float
    """Epoch seconds."""
    value: float


class MetricStore:
    """The values of the last hours, by metric and dimensions. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: dict[_Name, deque[_Point]] = {}

    def add_line(self, line: Mapping[str, Any]) -> None:
        """Take the metrics out of a log line, if it carries any."""
        try:
            readings = read_metrics(line)
        except MalformedMetrics:
            return  # as CloudWatch would
        found = [
            (
                _Name(reading.namespace, reading.metric, frozenset(reading.dimensions)),
                _Point(reading.timestamp.timestamp(), value),
            )
            for reading in readings
            for value in reading.values
        ]
        with self._lock:
            for name, point in found:
                self._points.setdefault(name, deque(maxlen=_MOST_VALUES)).append(point)

    def install(self, events: Any) -> None:
        """Hook into a boto3 session's events; clients made from the session after this ask here."""
        for operation, answer in (
            ("GetMetricData", self.get_metric_data),
            ("ListMetrics", self.list_metrics),
        ):
            events.register(f"provide-client-params.cloudwatch.{operation}", _keep_parameters)
            events.register(f"before-call.cloudwatch.{operation}", _answering(answer))

    def list_metrics(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``ListMetrics``: the series of a namespace that had values lately."""
        oldest = datetime.now(UTC).timestamp() - RECENT_SECONDS
        with self._lock:
            names = [name for name, points in self._points.items() if points[-1].at >= oldest]
        return {
            "Metrics": [
                {
                    "Namespace": name.namespace,
                    "MetricName": name.metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in sorted(name.dimensions)],
                }
                for name in names
                if name.namespace == asked["Namespace"]
            ]
        }

    def get_metric_data(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``GetMetricData``, with periods that begin where the question does; no expressions."""
        start, end = asked["StartTime"].timestamp(), asked["EndTime"].timestamp()
        return {
            "MetricDataResults": [
                _result(query["Id"], self._periods(query["MetricStat"], start, end))
                for query in asked["MetricDataQueries"]
            ]
        }

    def _periods(self, asked: Mapping[str, Any], start: float, end: float) -> dict[float, float]:
        """Return the statistic of each period that has values, by its beginning."""
        metric, period = asked["Metric"], asked["Period"]
        dimensions = frozenset((one["Name"], one["Value"]) for one in metric.get("Dimensions", ()))
        with self._lock:
            points = list(self._points.get(_Name(metric["Namespace"], metric["MetricName"], dimensions), ()))
        periods: dict[float, list[float]] = {}
        for point in points:
            if start <= point.at < end:
                begin = start + (point.at - start) // period * period
                periods.setdefault(begin, []).append(point.value)
        return {begin: statistic(asked["Stat"], values) for begin, values in periods.items()}


def statistic(name: str, values: list[float]) -> float:
    """Return one of CloudWatch's statistics of some values."""
    match name:
        case "SampleCount":
            return float(len(values))
        case "Sum":
            return sum(values)
        case "Average":
            return sum(values) / len(values)
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
    ordered = sorted(values)
    rank = float(name.removeprefix("p")) / 100 * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (rank - below) * (ordered[above] - ordered[below])


def _result(name: str, periods: Mapping[float, float]) -> dict[str, Any]:
    newest_first = sorted(periods, reverse=True)
    return {
        "Id": name,
        "Label": name,
        "Timestamps": [datetime.fromtimestamp(begin, UTC) for begin in newest_first],
        "Values": [periods[begin] for begin in newest_first],
        "StatusCode": "Complete",
    }


def _keep_parameters(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_ASKED] = params


def _answering(answer: Any) -> Any:
    def answered(context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", 200, HTTPHeaders(), None), answer(context[_ASKED])

    return answered
