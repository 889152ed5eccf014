"""Metrics over the last minutes, read from log lines as they are written, for the console's charts."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.distribution import Distribution
from local.emf_reader import MalformedMetrics, Reading, read_metrics

PERIODS = {10: 60, 60: 60}
"""Seconds of a period, and how many of these are kept: ten minutes finely, an hour by the minute."""
MOST_SERIES = 1000

Key = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Namespace, metric, unit and dimensions."""
Series = dict[Key, dict[int, Distribution]]
"""By key and by the period's start, in seconds since the epoch."""


@dataclass(slots=True)
class MetricsBoard:
    """A sink of log lines. Safe to use from many threads; what it keeps is bounded.

    A line whose metrics CloudWatch would refuse is counted, with the last reason, and never raises: a
    request must not fail because of its log line.
    """

    clock: Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[int, Series] = field(default_factory=lambda: {period: {} for period in PERIODS})
    _refused: int = 0
    _reason: str = ""
    _dropped: int = 0

    def add(self, line: Mapping[str, Any]) -> None:
        """Take the metrics of a structured log line."""
        try:
            readings = read_metrics(line)
        except MalformedMetrics as error:
            with self._lock:
                self._refused, self._reason = self._refused + 1, str(error)
            return
        with self._lock:
            for reading in readings:
                for period, most in PERIODS.items():
                    self._keep(self._kept[period], reading, period, most)

    def _keep(self, kept: Series, reading: Reading, period: int, most: int) -> None:
        key = (reading.namespace, reading.metric, reading.unit, reading.dimensions)
        if key not in kept and len(kept) >= MOST_SERIES:
            self._dropped += 1
            return
        series = kept.setdefault(key, {})
        start = int(reading.timestamp.timestamp()) // period * period
        distribution = series.setdefault(start, Distribution())
        for value in reading.values:
            distribution.add(value)
        if len(series) > most:
            del series[min(series)]

    def series(self, *, period: int, most_dimensions: int | None = None) -> dict[str, Any]:
        """Return every series of the last periods, each with the periods in which it has values.

        ``period`` is one of ``PERIODS``; ``most_dimensions`` leaves out what is told in finer parts. The
        times are seconds since the epoch; the last period is the one at hand, and not over yet.
        """
        last = int(self.clock()) // period * period
        first = last - (PERIODS[period] - 1) * period
        with self._lock:
            found = [
                _shown(key, series, first, last)
                for key, series in sorted(self._kept[period].items())
                if most_dimensions is None or len(key[3]) <= most_dimensions
            ]
            told = {"refused_lines": self._refused, "reason": self._reason, "dropped_readings": self._dropped}
        shown = [series for series in found if series["points"]]
        return {"period_seconds": period, "first": first, "last": last, "series": shown, **told}


def _shown(key: Key, series: Mapping[int, Distribution], first: int, last: int) -> dict[str, Any]:
    namespace, metric, unit, dimensions = key
    return {
        "namespace": namespace,
        "metric": metric,
        "unit": unit,
        "dimensions": dict(dimensions),
        "points": [
            {
                "at": start,
                "count": values.count,
                "sum": round(values.total, 3),
                "min": values.lowest,
                "max": values.highest,
                "p50": round(values.percentile(50), 3),
                "p95": round(values.percentile(95), 3),
            }
            for start, values in sorted(series.items())
            if first <= start <= last and values.count
        ],
    }
