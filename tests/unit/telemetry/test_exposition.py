"""Figures are what Prometheus' own parsers read, in both formats, and nothing claims to be a counter."""

from datetime import UTC, datetime

import pytest
from prometheus_client import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from greenroom.telemetry import catalogue
from greenroom.telemetry.exposition import OPENMETRICS, TEXT, exposition, metric_name
from greenroom.telemetry.figures import STATISTICS, WINDOWS, Figures, Series

AT = datetime(2027, 3, 5, 12, tzinfo=UTC)
ODD = 'a"b\\c\nd é'
# What the version of Prometheus in Debian sends.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
DISTRIBUTION = {"count": 7.0, "p50": 10.5, "p95": 20.0, "p99": 30.25}

FIGURES = Figures(
    AT,
    (
        Series(catalogue.LATENCY, (), {"5m": DISTRIBUTION, "1h": {"count": 70.0, "p50": 9.0}}),
        Series(catalogue.LATENCY, (("service", "catalog"),), {"5m": DISTRIBUTION}),
        Series(catalogue.CPU_SHARE, (), {"5m": {"average": 3.0, "maximum": 80.0}}),
        Series(catalogue.SERVER_ERRORS, (("service", "auth"),), {"5m": {"sum": 2.0}}),
        Series(catalogue.AUTH_EVENTS, (("event", ODD),), {"5m": {"sum": 1.0}}),
    ),
)


def families(accept: str | None) -> dict[str, Family]:
    content, kind = exposition(FIGURES, accept)
    parse = parse_openmetrics if kind == OPENMETRICS else parse_text
    return {family.name: family for family in parse(content.decode())}


BOTH = pytest.mark.parametrize("accept", [None, PROMETHEUS], ids=["text", "openmetrics"])


@BOTH
def test_a_distribution_has_its_percentiles_by_quantile_and_the_number_of_its_values(
    accept: str | None,
) -> None:
    found = families(accept)

    latency = {
        (sample.labels.get("service"), sample.labels["window"], sample.labels["quantile"]): sample.value
        for sample in found["greenroom_latency_milliseconds"].samples
    }
    assert latency == {
        (None, "5m", "0.5"): 10.5,
        (None, "5m", "0.95"): 20.0,
        (None, "5m", "0.99"): 30.25,
        (None, "1h", "0.5"): 9.0,
        ("catalog", "5m", "0.5"): 10.5,
        ("catalog", "5m", "0.95"): 20.0,
        ("catalog", "5m", "0.99"): 30.25,
    }
    samples = found["greenroom_latency_samples"].samples
    assert [(sample.labels["window"], sample.value) for sample in samples] == [
        ("5m", 7),
        ("1h", 70),
        ("5m", 7),
    ]


@BOTH
def test_a_share_and_a_sum_are_what_they_are_called(accept: str | None) -> None:
    found = families(accept)

    shares = {s.labels["statistic"]: s.value for s in found["greenroom_cpu_share_percent"].samples}
    assert shares == {"average": 3.0, "maximum": 80.0}
    (errors,) = found["greenroom_server_errors"].samples
    assert (errors.labels, errors.value) == ({"service": "auth", "window": "5m"}, 2.0)


@BOTH
def test_a_label_comes_back_as_it_was(accept: str | None) -> None:
    (event,) = families(accept)["greenroom_auth_events"].samples

    assert event.labels["event"] == ODD


@BOTH
def test_help_is_the_catalogues_and_everything_is_a_gauge(accept: str | None) -> None:
    found = families(accept)

    assert {family.type for family in found.values()} == {"gauge"}
    for metric in (catalogue.LATENCY, catalogue.SERVER_ERRORS):
        name = metric_name(metric.name)
        (documentation,) = {f.documentation for n, f in found.items() if n in {name, f"{name}_milliseconds"}}
        assert documentation.startswith(metric.meaning)
    assert found["greenroom_figures_timestamp_seconds"].samples[0].value == AT.timestamp()


def test_openmetrics_says_the_unit() -> None:
    found = families(PROMETHEUS)

    units = {name: family.unit for name, family in found.items()}
    assert units["greenroom_latency_milliseconds"] == "milliseconds"
    assert units["greenroom_cpu_share_percent"] == "percent"
    assert units["greenroom_server_errors"] == ""


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain", TEXT),
        ("text/html, */*;q=0.8", TEXT),
        (PROMETHEUS, OPENMETRICS),
        ("application/openmetrics-text", OPENMETRICS),
        ("Application/OpenMetrics-Text; version=1.0.0", OPENMETRICS),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.5", OPENMETRICS),
        ("application/openmetrics-text;q=0.4, text/plain;version=0.0.4;q=0.5", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text; version=x; q=nan", TEXT),
        ("application/openmetrics-text; q=inf", TEXT),
        (",;=,;;q=,application/openmetrics-text;q=1.0", OPENMETRICS),
    ],
)
def test_the_format_is_the_one_that_is_preferred(accept: str | None, kind: str) -> None:
    assert exposition(FIGURES, accept)[1] == kind


def test_without_figures_there_is_the_time_alone() -> None:
    content, _ = exposition(Figures(AT, ()), None)

    assert [family.name for family in parse_text(content.decode())] == ["greenroom_figures_timestamp_seconds"]


@pytest.mark.parametrize("accept", [None, PROMETHEUS], ids=["text", "openmetrics"])
def test_every_metric_of_the_catalogue_can_be_shown_under_a_name_of_its_own(accept: str | None) -> None:
    series = tuple(
        Series(
            metric,
            tuple((name, "x") for name in names),
            {window: dict.fromkeys(STATISTICS[metric.unit].values(), 1.0) for window in WINDOWS},
        )
        for metric in catalogue.ALL
        for names in metric.dimensions
    )

    content, kind = exposition(Figures(AT, series), accept)

    parse = parse_openmetrics if kind == OPENMETRICS else parse_text
    names = [family.name for family in parse(content.decode())]
    assert len(names) == len(set(names)) > len(catalogue.ALL)
