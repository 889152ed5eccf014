"""Metrics come out of log lines as CloudWatch takes them, and are asked for by the AWS client's own calls."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3.session
import pytest

from greenroom.telemetry import catalogue, metrics
from greenroom.telemetry.invocations import invocation
from greenroom.telemetry.logs import add_sink, log_request, remove_sink
from local.metrics import MetricStore, statistic

START = datetime(2027, 3, 5, 12, tzinfo=UTC)


def line(at: datetime, value: float | list[float], **members: str) -> dict[str, Any]:
    return {
        "_aws": {
            "Timestamp": int(at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "Greenroom/test",
                    "Dimensions": [[], *([[*members]] if members else [])],
                    "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}],
                }
            ],
        },
        "Latency": value,
        **members,
    }


def ask(
    store: MetricStore, stat: str, *, seconds: int = 300, minutes: int = 5, **dimensions: str
) -> list[float]:
    query = {
        "Id": "a",
        "MetricStat": {
            "Metric": {
                "Namespace": "Greenroom/test",
                "MetricName": "Latency",
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": seconds,
            "Stat": stat,
        },
    }
    answer = store.get_metric_data(
        {
            "MetricDataQueries": [query],
            "StartTime": START,
            "EndTime": START + timedelta(minutes=minutes),
        }
    )
    (result,) = answer["MetricDataResults"]
    values: list[float] = result["Values"]
    return values


def test_a_value_counts_once_in_each_set_of_dimensions() -> None:
    store = MetricStore()
    store.add_line(line(START, 10, service="auth"))
    store.add_line(line(START, 30, service="catalog"))

    assert ask(store, "SampleCount") == [2]
    assert ask(store, "Sum", service="auth") == [10]
    assert ask(store, "Sum", service="bookings") == []


def test_many_values_in_one_line_are_all_taken() -> None:
    store = MetricStore()
    store.add_line(line(START, [1, 2, 3, 4]))

    assert (ask(store, "SampleCount"), ask(store, "Average")) == ([4], [2.5])


def test_lines_without_metrics_are_left_alone() -> None:
    store = MetricStore()
    store.add_line({"category": "request"})

    assert ask(store, "SampleCount") == []


def test_a_window_includes_its_beginning_and_not_its_end_and_periods_begin_with_it() -> None:
    store = MetricStore()
    for minute in (-1, 0, 4, 5, 6):
        store.add_line(line(START + timedelta(minutes=minute), minute))

    assert ask(store, "SampleCount") == [2]
    assert ask(store, "Sum", minutes=10) == [11, 4], "the newest comes first"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 5),
        ("Sum", 150),
        ("Average", 30),
        ("Minimum", 10),
        ("Maximum", 50),
        ("p0", 10),
        ("p50", 30),
        ("p90", 46),
        ("p100", 50),
    ],
)
def test_statistics_are_exact(name: str, value: float) -> None:
    assert statistic(name, [50, 10, 40, 20, 30]) == pytest.approx(value)


def _client(store: MetricStore) -> Any:
    session = boto3.session.Session("test", "test", region_name="eu-west-1")
    store.install(session.events)
    return session.client("cloudwatch")


def test_the_aws_client_is_answered_without_a_network() -> None:
    store = MetricStore()
    store.add_line(line(datetime.now(UTC) - timedelta(hours=4), 10, service="old"))
    store.add_line(line(datetime.now(UTC), 10, service="auth"))
    client = _client(store)

    listed = client.list_metrics(Namespace="Greenroom/test", RecentlyActive="PT3H")["Metrics"]

    assert [metric["Dimensions"] for metric in listed] == [[], [{"Name": "service", "Value": "auth"}]]
    assert client.list_metrics(Namespace="Greenroom/other")["Metrics"] == []


def test_what_a_request_measures_arrives_with_its_dimensions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "test")
    store = MetricStore()
    add_sink(store.add_line)
    try:
        with invocation("catalog", answers=True):
            metrics.record_request("/v1/celebrities", 500, 12.5)
            log_request(status=500, route="/v1/celebrities")
    finally:
        remove_sink(store.add_line)

    now = datetime.fromtimestamp(time.time(), UTC)
    answer = _client(store).get_metric_data(
        MetricDataQueries=[
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": catalogue.namespace("test"),
                        "MetricName": name,
                        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
                    },
                    "Period": 300,
                    "Stat": "Sum",
                },
            }
            for number, (name, dimensions) in enumerate(
                [
                    ("Latency", [("service", "catalog"), ("route", "/v1/celebrities")]),
                    ("ServerErrors", []),
                    ("ClientErrors", []),
                ]
            )
        ],
        StartTime=now - timedelta(minutes=4),
        EndTime=now + timedelta(minutes=1),
    )
    assert [result["Values"] for result in answer["MetricDataResults"]] == [[12.5], [1.0], []]
