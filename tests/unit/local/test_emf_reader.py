"""Metrics are read out of a log line as CloudWatch reads them, and a malformed line gives none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from greenroom.telemetry import catalogue, logs, metrics
from greenroom.telemetry.invocations import invocation
from local.emf_reader import MalformedMetrics, Reading, metric_names, read_metrics

AT = datetime(2027, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)
MILLISECONDS = int(AT.timestamp() * 1000)


def line(*directives: Any, **members: Any) -> dict[str, Any]:
    return {"_aws": {"Timestamp": MILLISECONDS, "CloudWatchMetrics": list(directives)}, **members}


def directive(*metrics: dict[str, Any], dimensions: Any = ([],), namespace: Any = "Shop") -> dict[str, Any]:
    return {"Namespace": namespace, "Dimensions": list(dimensions), "Metrics": list(metrics)}


LATENCY = {"Name": "Latency", "Unit": "Milliseconds", "StorageResolution": 1}


def test_a_number_is_a_metric_of_one_value() -> None:
    assert read_metrics(line(directive(LATENCY), Latency=3)) == [
        Reading("Shop", "Latency", "Milliseconds", (), (3.0,), AT, 1)
    ]


def test_a_list_is_a_metric_of_many_values() -> None:
    (reading,) = read_metrics(line(directive(LATENCY), Latency=[1, 2.5]))

    assert reading.values == (1.0, 2.5)


def test_each_dimension_set_is_a_metric_of_its_own() -> None:
    sets: tuple[list[str], ...] = ([], ["service"], ["service", "route"])

    found = read_metrics(line(directive(LATENCY, dimensions=sets), Latency=1, service="auth", route="/a"))

    assert [reading.dimensions for reading in found] == [
        (),
        (("service", "auth"),),
        (("route", "/a"), ("service", "auth")),
    ]


def test_every_directive_is_read_with_its_own_namespace_and_dimensions() -> None:
    first = directive(LATENCY, dimensions=(["route"],))
    second = directive({"Name": "Sales"}, namespace="Till")

    found = read_metrics(line(first, second, Latency=1, Sales=[2], route="/a"))

    assert [(reading.namespace, reading.metric, reading.dimensions) for reading in found] == [
        ("Shop", "Latency", (("route", "/a"),)),
        ("Till", "Sales", ()),
    ]


def test_unit_and_resolution_have_the_formats_own_defaults() -> None:
    (reading,) = read_metrics(line(directive({"Name": "Sales"}), Sales=1))

    assert (reading.unit, reading.resolution) == ("None", 60)


def test_a_line_without_metrics_gives_none() -> None:
    assert read_metrics({"message": "request", "Latency": [1]}) == []


def test_the_members_that_are_metrics_are_known_by_name() -> None:
    assert metric_names(line(directive(LATENCY), Latency=1, status=200)) == {"_aws", "Latency"}
    assert metric_names({"_aws": 7, "status": 200}) == {"_aws"}


@pytest.mark.parametrize(
    "malformed",
    [
        {"_aws": None},
        {"_aws": {}},
        {"_aws": {"Timestamp": "now", "CloudWatchMetrics": []}},
        {"_aws": {"Timestamp": True, "CloudWatchMetrics": []}},
        {"_aws": {"Timestamp": 10**30, "CloudWatchMetrics": []}},
        {"_aws": {"Timestamp": 1, "CloudWatchMetrics": {}}},
        line("no object"),
        line(directive(LATENCY, namespace=""), Latency=1),
        line(directive(LATENCY, namespace=None), Latency=1),
        line({"Namespace": "Shop", "Metrics": [LATENCY]}, Latency=1),
        line(directive(LATENCY, dimensions=()), Latency=1),
        line(directive(LATENCY, dimensions=("service",)), Latency=1, service="auth"),
        line(directive(LATENCY, dimensions=(["service"],)), Latency=1),
        line(directive(LATENCY, dimensions=(["service"],)), Latency=1, service=7),
        line(directive(LATENCY, dimensions=(["service"],)), Latency=1, service=""),
        line(directive(LATENCY, dimensions=(["service"],)), Latency=1, service="x" * 1025),
        line(
            directive(LATENCY, dimensions=([f"d{number}" for number in range(31)],)),
            Latency=1,
            **{f"d{number}": "x" for number in range(31)},
        ),
        line({"Namespace": "Shop", "Dimensions": [[]]}, Latency=1),
        line(directive("Latency"), Latency=1),  # type: ignore[arg-type]
        line(directive({"Unit": "Count"}), Latency=1),
        line(directive({"Name": "Latency", "Unit": "Fortnights"}), Latency=1),
        line(directive({"Name": "Latency", "StorageResolution": 30}), Latency=1),
        line(directive(LATENCY)),
        line(directive(LATENCY), Latency="3"),
        line(directive(LATENCY), Latency=True),
        line(directive(LATENCY), Latency=[1, None]),
        line(directive(LATENCY), Latency=float("nan")),
        line(directive(LATENCY), Latency=float("inf")),
        line(directive(LATENCY), Latency=[1] * 101),
        line(
            directive(*({"Name": f"m{number}"} for number in range(101))),
            **{f"m{number}": 1 for number in range(101)},
        ),
    ],
)
def test_a_line_that_breaks_the_format_gives_nothing_and_says_why(malformed: dict[str, Any]) -> None:
    with pytest.raises(MalformedMetrics):
        read_metrics(malformed)


def test_one_bad_metric_takes_the_whole_line_with_it() -> None:
    with pytest.raises(MalformedMetrics):
        read_metrics(line(directive(LATENCY, {"Name": "Sales"}), Latency=1, Sales="many"))


def test_what_the_system_itself_writes_is_read_whole() -> None:
    written: list[dict[str, Any]] = []
    logs.add_sink(written.append)
    try:
        with invocation("bookings", answers=True):
            for milliseconds in range(150):
                metrics.record_database_call(milliseconds)
            metrics.record_transition("confirmed")
            metrics.record_transition("expired")
            metrics.record_request("/v1/bookings", 201, 12.5)
            logs.log_request(status=201, route="/v1/bookings")
    finally:
        logs.remove_sink(written.append)

    readings = [reading for written_line in written for reading in read_metrics(written_line)]

    assert {reading.namespace for reading in readings} == {catalogue.namespace("local")}
    total = [reading.values for reading in readings if reading.metric == "DatabaseLatency"]
    assert sorted(value for values in total for value in values) == sorted([*range(150)] * 2)
    latencies = [reading for reading in readings if reading.metric == "Latency"]
    assert [dict(reading.dimensions) for reading in latencies] == [
        {},
        {"service": "bookings"},
        {"service": "bookings", "route": "/v1/bookings"},
    ]
    assert {reading.resolution for reading in latencies} == {60}
    transitions = [reading for reading in readings if reading.metric == "BookingTransitions"]
    assert sorted(reading.dimensions for reading in transitions) == [
        (("transition", "confirmed"),),
        (("transition", "expired"),),
    ]
