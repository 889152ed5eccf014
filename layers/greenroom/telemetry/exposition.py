"""Figures as Prometheus reads them: the text format, or OpenMetrics, whichever the scraper prefers.

Everything is a gauge. A figure is about a window that slides, so even a count goes up and down; a counter,
of which a rate may be taken, would be a lie. Percentiles come as CloudWatch has them, under the label that a
summary has for them, without a summary's promise of a sum since the start.
"""

import re
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector, CollectorRegistry

from .catalogue import Unit
from .figures import Figures, Series

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_QUANTILES = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}
_UNITS = {Unit.MILLISECONDS: "milliseconds", Unit.SECONDS: "seconds", Unit.PERCENT: "percent"}
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def metric_name(name: str) -> str:
    """Return the name of a metric without its unit: ``greenroom_latency``."""
    return f"greenroom_{_CAPITAL.sub('_', name).lower()}"


class _Collected(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return _families(self._figures)


def exposition(figures: Figures, accept: str | None) -> tuple[bytes, str]:
    """Return the figures, and the media type in which they are, by the scraper's ``Accept``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(figures))
    if _prefers_openmetrics(accept or ""):
        content: bytes = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
        return content, OPENMETRICS
    return generate_latest(registry), TEXT


def _prefers_openmetrics(accept: str) -> bool:
    """Tell whether OpenMetrics is named, and wanted no less than plain text, which is for all others."""
    wanted = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for entry in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        if kind in wanted:
            wanted[kind] = max(wanted[kind], _quality(parameters))
    return 0 < wanted["application/openmetrics-text"] >= wanted["text/plain"]


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if re.fullmatch(r" *[01](\.\d{0,3})? *", value) else 0.0
    return 1.0


def _families(figures: Figures) -> Iterator[GaugeMetricFamily]:
    at = GaugeMetricFamily(
        "greenroom_figures_timestamp_seconds",
        "When CloudWatch was asked for all of these.",
        unit="seconds",
    )
    at.add_metric([], figures.at.timestamp())
    yield at
    by_metric: dict[str, list[Series]] = {}
    for series in figures.series:
        by_metric.setdefault(series.metric.name, []).append(series)
    for alike in by_metric.values():
        yield from _of_metric(alike)


def _of_metric(alike: list[Series]) -> Iterator[GaugeMetricFamily]:
    """Yield the families of one metric: its values, and for a distribution how many they were."""
    metric = alike[0].metric
    name, unit = metric_name(metric.name), _UNITS.get(metric.unit, "")
    values = _family(f"{name}_{unit}" if unit else name, metric.meaning, unit)
    count = _family(f"{name}_samples", f"How many values of {name}_{unit} there were.", "")
    for series in alike:
        for window, statistics in series.windows.items():
            labels = {**dict(series.dimensions), "window": window}
            for statistic, value in statistics.items():
                if statistic == "count":
                    count.add_sample(count.name, labels, value)
                else:
                    values.add_sample(values.name, labels | _label(statistic), value)
    yield from (family for family in (values, count) if family.samples)


def _label(statistic: str) -> dict[str, str]:
    if statistic in _QUANTILES:
        return {"quantile": _QUANTILES[statistic]}
    return {} if statistic == "sum" else {"statistic": statistic}


def _family(name: str, meaning: str, unit: str) -> "GaugeMetricFamily":
    return GaugeMetricFamily(name, f"{meaning} In the window, which slides.", unit=unit)
