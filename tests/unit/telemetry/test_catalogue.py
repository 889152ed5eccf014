"""The catalogue is whole, its names are unique, and each of its metrics can be emitted in one way."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from greenroom.telemetry import catalogue, logs, metrics
from greenroom.telemetry.invocations import invocation
from greenroom.telemetry.usage import Usage
from tests.support.embedded import read_lines


def _work_on() -> None:
    """Record usage as half a minute of work would."""
    metrics._usage.cpu_share(1)
    metrics._usage.clock = lambda: float("inf")
    metrics.record_usage()


# Every way to emit a metric: what is called, and the names of what must come out.
EMITTERS: dict[str, tuple[Callable[[], None], set[str]]] = {
    "an answer": (lambda: metrics.record_request("/a", 200, 1.5), {"Latency"}),
    "a refusal": (lambda: metrics.record_request("/a", 404, 1.5), {"Latency", "ClientErrors"}),
    "a failure": (lambda: metrics.record_request("/a", 500, 1.5), {"Latency", "ServerErrors"}),
    "a fault": (metrics.record_fault, {"Faults"}),
    "a table call": (lambda: metrics.record_database_call(2), {"DatabaseLatency"}),
    "a failed one": (
        lambda: metrics.record_database_call(2, failed=True),
        {"DatabaseLatency", "DatabaseErrors"},
    ),
    "a throttled one": (
        lambda: metrics.record_database_call(2, failed=True, throttled=True),
        {"DatabaseLatency", "DatabaseThrottles"},
    ),
    "a hit": (lambda: metrics.record_cache_operation("hit"), {"CacheHits"}),
    "a miss": (lambda: metrics.record_cache_operation("miss"), {"CacheMisses"}),
    "a dead cache": (lambda: metrics.record_cache_operation("error"), {"CacheErrors"}),
    "an account's doing": (lambda: logs.log_auth("authn_login_success"), {"AuthEvents"}),
    "an attack": (lambda: logs.log_security("authn_login_fail", "WARN"), {"SecurityEvents"}),
    "a denial": (lambda: metrics.record_limit_denial("general"), {"LimitDenials"}),
    "a limiter without its store": (metrics.record_limit_store_failure, {"LimitStoreFailures"}),
    "a transition": (lambda: metrics.record_transition("confirmed"), {"BookingTransitions"}),
    "an answer of the agent's": (lambda: metrics.record_time_to_answer(60), {"TimeToAnswer"}),
    "a payment begun": (lambda: metrics.record_payment("started", 5, "EUR"), {"Payments"}),
    "a payment taken": (lambda: metrics.record_payment("captured", 5, "EUR"), {"Payments", "Revenue"}),
    "a payment returned": (lambda: metrics.record_payment("returned", 5, "EUR"), {"Payments", "Refunds"}),
    "a provider's answer": (lambda: metrics.record_provider_call(9, failed=False), {"ProviderLatency"}),
    "a provider's silence": (
        lambda: metrics.record_provider_call(9, failed=True),
        {"ProviderLatency", "ProviderErrors"},
    ),
    "a mail": (lambda: metrics.record_mail(sent=True), {"MailsSent"}),
    "a mail refused": (lambda: metrics.record_mail(sent=False), {"MailFailures"}),
    "an old event": (lambda: metrics.record_outbox_age(3), {"OutboxAge"}),
    "a late sweep": (lambda: metrics.record_sweep_lag(3), {"SweepLag"}),
    "a failed check": (lambda: metrics.record_health_check_failure("table"), {"HealthCheckFailures"}),
    "a signature": (lambda: metrics.record_key_call(20, failed=False), {"KeyLatency"}),
    "a key that fails": (lambda: metrics.record_key_call(20, failed=True), {"KeyLatency", "KeyErrors"}),
    "a sandbox's first": (metrics.record_usage, {"ColdStarts"}),
    "a sandbox at work": (_work_on, {"ColdStarts", "CpuShare", "MemoryShare"}),
}
BY_NAME = {metric.name: metric for metric in catalogue.ALL}


@pytest.mark.parametrize("way", EMITTERS)
def test_what_is_recorded_is_emitted_as_the_catalogue_has_it(
    way: str, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setattr(metrics, "_usage", Usage())
    record, names = EMITTERS[way]

    with invocation("bookings", cold=True):
        record()
        logs.log_job(done=True)

    read = read_lines(lines)
    assert {name for _, name, *_ in read} == names
    for space, name, unit, dimensions, _ in read:
        assert (space, unit) == ("Greenroom/prod", BY_NAME[name].unit)
        assert {key for key, _ in dimensions} in [set(names) for names in BY_NAME[name].dimensions]


def test_every_metric_of_the_catalogue_can_be_emitted_and_no_other() -> None:
    assert set[str]().union(*(names for _, names in EMITTERS.values())) == set(BY_NAME)


def test_names_are_unique_and_of_one_form() -> None:
    assert len(BY_NAME) == len(catalogue.ALL)
    assert all(re.fullmatch(r"([A-Z][a-z]+)+", name) for name in BY_NAME)


def test_each_metric_says_what_it_means() -> None:
    assert all(metric.meaning.endswith(".") for metric in catalogue.ALL)


@pytest.mark.parametrize("way", EMITTERS)
def test_outside_an_invocation_nothing_is_emitted(
    way: str, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_usage", Usage())
    EMITTERS[way][0]()

    assert not read_lines(lines)
