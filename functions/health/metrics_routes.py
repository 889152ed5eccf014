"""The routes of metrics: the same figures for dashboards and for Prometheus."""

from greenroom.gateway.answers import Content, Ok
from greenroom.gateway.requests import Request
from greenroom.gateway.routes import MONITORING, Limit
from greenroom.telemetry import catalogue
from greenroom.telemetry.exposition import OPENMETRICS, TEXT, exposition
from greenroom.telemetry.figures import WINDOWS, Series

from .table import HealthApp, routes
from .views import MetricsView, MetricView, SeriesView


@routes.route("GET", "/metrics", access=MONITORING, limit=Limit.NONE)
def show_metrics(app: HealthApp) -> Ok[MetricsView]:
    """Show every metric of the stage and of each function, in the last five minutes and the last hour.

    The figures are CloudWatch's, at most a minute old; 503 while it does not answer.
    """
    figures = app.board.figures()
    by_name: dict[str, list[Series]] = {}
    for series in figures.series:
        by_name.setdefault(series.metric.name, []).append(series)
    return Ok(
        body=MetricsView(
            at=figures.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            namespace=app.board.namespace,
            window_seconds=dict(WINDOWS),
            metrics=[
                MetricView(
                    name=metric.name,
                    unit=metric.unit.value,
                    meaning=metric.meaning,
                    series=list(map(_series_view, by_name.get(metric.name, ()))),
                )
                for metric in catalogue.ALL
            ],
        )
    )


@routes.route("GET", "/metrics/prometheus", access=MONITORING, limit=Limit.NONE, produces=(TEXT, OPENMETRICS))
def show_prometheus_metrics(app: HealthApp, request: Request) -> Content:
    """Show the same as Prometheus reads it, by `Accept` in its text format or as OpenMetrics."""
    content, content_type = exposition(app.board.figures(), request.headers.get("accept"))
    return Content(content=content, content_type=content_type)


def _series_view(series: Series) -> SeriesView:
    return SeriesView(
        dimensions=dict(series.dimensions),
        windows={window: dict(values) for window, values in series.windows.items()},
    )
