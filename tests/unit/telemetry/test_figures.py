"""Figures are asked for series by series, of those that exist, and a failure is never shown as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from greenroom.refusals import Unavailable
from greenroom.telemetry import catalogue
from greenroom.telemetry.figures import Figures, Values, fetch, fetch_totals

NOW = datetime(2027, 3, 5, 12, 7, 31, tzinfo=UTC)


def listed(metric: str, **dimensions: str) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }


@dataclass
class CloudWatch:
    """Answers as it is told: the values of a statistic, by its name."""

    metrics: list[dict[str, Any]] = field(default_factory=list)
    values: Mapping[str, list[float]] = field(
        default_factory=lambda: {"SampleCount": [7.0], "p50": [1.0], "p95": [2.0], "p99": [3.0], "Sum": [5.0]}
    )
    status: str = "Complete"
    error: Exception | None = None
    page: int = 10_000
    listings: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)

    def list_metrics(self, **asked: Any) -> dict[str, Any]:
        if self.error:
            raise self.error
        self.listings.append(asked)
        start = int(asked.get("NextToken", 0))
        more = {"NextToken": str(start + self.page)} if start + self.page < len(self.metrics) else {}
        return {"Metrics": self.metrics[start : start + self.page], **more}

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        if self.error:
            raise self.error
        self.questions.append(asked)
        start = int(asked.get("NextToken", 0))
        queries = asked["MetricDataQueries"][start : start + self.page]
        more = (
            {"NextToken": str(start + self.page)}
            if start + self.page < len(asked["MetricDataQueries"])
            else {}
        )
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Values": self.values.get(query["MetricStat"]["Stat"], []),
                    "StatusCode": self.status,
                }
                for query in queries
            ],
            **more,
        }


def fetched(cloudwatch: Any) -> Figures:
    return fetch(cloudwatch, "test", NOW)


def shown(figures: Figures) -> list[tuple[str, dict[str, str]]]:
    return [(series.metric.name, dict(series.dimensions)) for series in figures.series]


def test_a_distribution_and_a_count_are_asked_for_what_says_something_of_them() -> None:
    figures = fetched(CloudWatch([listed("Latency"), listed("ServerErrors", service="auth")]))

    latency, errors = figures.series
    assert figures.at == NOW
    assert latency.windows["5m"] == {"count": 7.0, "p50": 1.0, "p95": 2.0, "p99": 3.0}
    assert errors.windows == {"5m": {"sum": 5.0}, "1h": {"sum": 5.0}}


def test_series_of_single_routes_and_what_the_catalogue_does_not_know_are_left_out() -> None:
    cloudwatch = CloudWatch(
        [
            listed("Latency", service="auth", route="/v1/me"),
            listed("Latency", service="auth"),
            listed("Latency", event="x"),
            listed("SomebodyElses"),
            listed("BookingTransitions", transition="confirmed"),
        ]
    )

    assert shown(fetched(cloudwatch)) == [
        ("Latency", {"service": "auth"}),
        ("BookingTransitions", {"transition": "confirmed"}),
    ]


def test_they_come_in_the_catalogues_order_whatever_the_order_of_the_answer() -> None:
    names = ["SweepLag", "Latency", "ColdStarts"]
    cloudwatch = CloudWatch([listed(name) for name in names] + [listed("Latency", service="auth")])

    assert [name for name, _ in shown(fetched(cloudwatch))] == [
        "Latency",
        "Latency",
        "ColdStarts",
        "SweepLag",
    ]


def test_a_window_is_one_period_that_ends_with_the_minute_at_hand() -> None:
    cloudwatch = CloudWatch([listed("ServerErrors")])

    fetched(cloudwatch)

    end = datetime(2027, 3, 5, 12, 8, tzinfo=UTC)
    asked = [
        (
            one["StartTime"],
            one["EndTime"],
            {query["MetricStat"]["Period"] for query in one["MetricDataQueries"]},
        )
        for one in cloudwatch.questions
    ]
    assert asked == [(end - timedelta(minutes=5), end, {300}), (end - timedelta(hours=1), end, {3600})]


def test_only_what_was_active_lately_in_the_stages_own_namespace_is_looked_for() -> None:
    cloudwatch = CloudWatch([listed("ServerErrors")])

    fetched(cloudwatch)

    assert cloudwatch.listings == [{"Namespace": "Greenroom/test", "RecentlyActive": "PT3H"}]
    namespaces = {
        query["MetricStat"]["Metric"]["Namespace"]
        for one in cloudwatch.questions
        for query in one["MetricDataQueries"]
    }
    assert namespaces == {"Greenroom/test"}


def test_where_nothing_was_measured_nothing_is_asked() -> None:
    cloudwatch = CloudWatch()

    assert fetched(cloudwatch).series == ()
    assert cloudwatch.questions == []


def test_a_window_without_values_is_left_out() -> None:
    (series,) = fetched(CloudWatch([listed("ServerErrors")], values={})).series

    assert series.windows == {}


def test_answers_in_pages_are_read_to_the_end() -> None:
    metrics = [listed("AuthEvents", event=f"e{number}") for number in range(7)]
    cloudwatch = CloudWatch(metrics, page=3)

    figures = fetched(cloudwatch)

    assert len(figures.series) == 7
    assert all(series.windows["5m"] == {"sum": 5.0} for series in figures.series)


def test_no_question_has_more_than_the_service_takes() -> None:
    cloudwatch = CloudWatch([listed("Latency", service=f"s{number}") for number in range(260)])

    figures = fetched(cloudwatch)

    assert max(len(one["MetricDataQueries"]) for one in cloudwatch.questions) == 500
    assert all(series.windows["1h"]["p99"] == 3.0 for series in figures.series)
    for one in cloudwatch.questions:
        names = [query["Id"] for query in one["MetricDataQueries"]]
        assert len(names) == len(set(names))


def test_a_window_that_comes_in_two_parts_is_added_up_and_its_percentile_is_the_worse() -> None:
    values = {"SampleCount": [3.0, 4.0], "p50": [1.0, 2.0], "p95": [9.0, 2.0], "p99": [9.0]}

    (series,) = fetched(CloudWatch([listed("Latency")], values=values)).series

    assert series.windows["5m"] == {"count": 7.0, "p50": 2.0, "p95": 9.0, "p99": 9.0}


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "hunter2"}}, "ListMetrics"),
        ConnectTimeoutError(endpoint_url="https://monitoring"),
    ],
)
def test_a_service_that_fails_makes_us_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable) as refused:
        fetched(CloudWatch([listed("Latency")], error=error))

    assert refused.value.__cause__ is error


@pytest.mark.parametrize("status", ["InternalError", "Forbidden"])
def test_a_series_that_fails_is_not_shown_as_nothing(status: str) -> None:
    with pytest.raises(Unavailable):
        fetched(CloudWatch([listed("Latency")], status=status))


def test_a_few_totals_are_asked_for_without_a_listing() -> None:
    cloudwatch: Any = CloudWatch()
    wanted = (catalogue.CACHE_HITS, catalogue.CACHE_MISSES)

    totals: dict[catalogue.Metric, Values] = fetch_totals(cloudwatch, "test", wanted, NOW)

    assert totals == {metric: {"sum": 5.0} for metric in wanted}
    assert cloudwatch.listings == []
    assert [len(one["MetricDataQueries"]) for one in cloudwatch.questions] == [2]
