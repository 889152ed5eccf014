"""Whatever is measured comes out of the lines again, each value once for each of its dimension sets."""

import json
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenroom.telemetry import catalogue
from greenroom.telemetry.catalogue import Metric
from greenroom.telemetry.emf import MOST_VALUES, records
from greenroom.telemetry.invocations import Sample
from tests.support.embedded import Value, read_lines

LINE: dict[str, Any] = {"category": "request", "route": "/a", "status": 200, "event": "something"}


def _expected(samples: list[Sample]) -> Counter[Value]:
    return Counter(
        (
            "Greenroom/prod",
            sample.metric.name,
            sample.metric.unit.value,
            tuple(sorted((name, sample.dimensions[name]) for name in names)),
            sample.value,
        )
        for sample in samples
        for names in sample.metric.dimensions
    )


def _samples(metric: Metric) -> st.SearchStrategy[Sample]:
    dimensions = st.fixed_dictionaries(
        {name: st.sampled_from(["a", "b"]) for name in sorted(metric.dimension_names)}
    )
    values = st.integers(min_value=0, max_value=1000).map(float)
    return st.builds(Sample, st.just(metric), values, dimensions)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(catalogue.ALL).flatmap(_samples), max_size=12))
def test_every_value_is_read_again_and_the_line_keeps_all_that_it_says(samples: list[Sample]) -> None:
    found = json.loads(json.dumps(records(samples, LINE, stage="prod")))

    assert read_lines(found) == _expected(samples)
    assert LINE.items() <= found[0].items()


def test_without_samples_the_line_is_as_it_was() -> None:
    assert records([], LINE, stage="prod") == [LINE]


def test_samples_of_one_service_and_route_ride_in_the_line() -> None:
    dimensions = {"service": "bookings", "route": "/a"}
    samples = [
        Sample(catalogue.LATENCY, 12.5, dimensions),
        Sample(catalogue.CLIENT_ERRORS, 1, dimensions),
        Sample(catalogue.DATABASE_LATENCY, 3.25, dimensions),
    ]

    (only,) = records(samples, LINE, stage="prod")

    assert only["Latency"] == 12.5
    assert (only["service"], only["route"]) == ("bookings", "/a")
    assert len(only["_aws"]["CloudWatchMetrics"]) == 2


def test_a_dimension_with_another_value_than_the_lines_gets_a_record_of_its_own() -> None:
    samples = [Sample(catalogue.AUTH_EVENTS, 1, {"event": name}) for name in ("first", "second")]

    line, first, second = records(samples, LINE, stage="prod")

    assert "_aws" not in line
    assert (first["event"], second["event"]) == ("first", "second")


def test_more_values_than_the_format_allows_are_spread_over_records() -> None:
    samples = [Sample(catalogue.DATABASE_LATENCY, value, {"service": "s"}) for value in range(2 * 100 + 1)]

    found = records(samples, LINE, stage="prod")

    *full, rest = [record["DatabaseLatency"] for record in found]
    assert [len(values) for values in full] == [MOST_VALUES, MOST_VALUES]
    assert rest == 200


def test_a_second_value_of_a_metric_in_a_line_is_not_lost() -> None:
    samples = [Sample(catalogue.PAYMENTS, 1, {"outcome": name}) for name in ("started", "captured")]

    found = records([*samples, *samples], {}, stage="prod")

    assert [record["Payments"] for record in found] == [[1, 1], [1, 1]]


def test_a_value_is_told_to_a_tenth_and_a_whole_one_without_a_point() -> None:
    samples = [Sample(catalogue.LATENCY, value, {"service": "s", "route": "/a"}) for value in (1.25001, 2.04)]

    (line,) = records(samples, {}, stage="prod")

    assert json.dumps(line["Latency"]) == "[1.3, 2]"
