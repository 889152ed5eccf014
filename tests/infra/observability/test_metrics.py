"""Every alarm and every widget names a metric that somebody emits: on any other it is silent for ever."""

from functools import cache
from typing import Any, get_args
from unittest.mock import MagicMock

import pytest

from functions.health.main import register_checks
from functions.health.settings import HealthSettings
from greenroom.bookings.model import EventType
from greenroom.limits import policies
from greenroom.telemetry import catalogue
from greenroom.telemetry.health import HealthChecks
from greenroom.telemetry.metrics import PaymentOutcome
from stacks.functions import PLANS
from stacks.observability.alarms.answers import CHECKS
from stacks.observability.aws_metrics import KNOWN
from stacks.observability.sources import UnknownMetric, of_aws, ours
from stacks.openapi import DOCUMENT, read_document
from tests.infra.observability.driven import CALLS, drive, recorders
from tests.infra.observability.observed import Used, used, used_by_alarms, used_by_widgets
from tests.infra.templates import STAGES, Assembly
from tests.support.embedded import Emission, emissions

pytestmark = pytest.mark.xdist_group("infra")

SERVICES = {plan.name for plan in PLANS}
STATISTICS = {
    "Count": {"Sum"},
    "Milliseconds": {"p50", "p95", "p99", "Maximum", "SampleCount"},
    "Seconds": {"p50", "p90", "p95", "Maximum"},
    "Percent": {"Average", "Maximum"},
    "None": {"Sum"},
}
"""What may be asked of a metric by its unit: the sum of shares or the average of counts says nothing."""


@cache
def _emitted(stage: str) -> dict[Emission, Any]:
    return emissions(drive(stage))


def _own(assembly: Assembly, stage: str) -> list[Used]:
    return [found for found in used(assembly, stage) if found.namespace == f"Greenroom/{stage}"]


def test_every_way_to_record_is_driven() -> None:
    assert set(CALLS) == recorders()


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_driven_is_the_catalogue_with_its_dimensions_and_units(stage: str) -> None:
    expected = {
        Emission(f"Greenroom/{stage}", metric.name, frozenset(names), metric.unit.value)
        for metric in catalogue.ALL
        for names in metric.dimensions
    }

    assert set(_emitted(stage)) == expected


@pytest.mark.parametrize("stage", STAGES)
def test_every_metric_of_ours_that_is_watched_is_emitted_so(assembly: Assembly, stage: str) -> None:
    own = _own(assembly, stage)
    emitted = {(one.namespace, one.name, one.dimensions): one.unit for one in _emitted(stage)}

    assert len(own) > 100
    for found in own:
        unit = emitted.get((found.namespace, found.name, found.by))
        assert unit is not None, f"{found.where}: nobody emits {found.name} by {sorted(found.by)}"
        assert found.statistic in STATISTICS[unit], f"{found.where}: {found.statistic} of {found.name}"


@pytest.mark.parametrize("stage", STAGES)
def test_every_metric_of_the_catalogue_is_watched(assembly: Assembly, stage: str) -> None:
    assert {found.name for found in _own(assembly, stage)} == {metric.name for metric in catalogue.ALL}


@pytest.mark.parametrize("stage", STAGES)
def test_every_other_metric_is_one_of_awss_or_a_filters(assembly: Assembly, stage: str) -> None:
    known = {(metric.namespace, metric.name, metric.dimensions) for metric in KNOWN.values()}
    filters = assembly.resources(f"greenroom-{stage}-observability", "Logs::MetricFilter").values()
    filtered = {
        (made["MetricNamespace"], made["MetricName"], frozenset[str]())
        for found in filters
        for made in found["Properties"]["MetricTransformations"]
    }

    others = {
        (found.namespace, found.name, found.by)
        for found in used(assembly, stage)
        if found.namespace != f"Greenroom/{stage}"
    }

    assert others <= known | filtered
    assert others >= filtered, "a filter that nothing looks at"
    production_alone = {
        metric for metric in known if metric[0] == "AWS/Firehose" or "ExecutedVersion" in metric[2]
    }
    expected = known if stage == "prod" else known - production_alone
    assert {metric for metric in others if metric[0].startswith("AWS/")} == expected


@pytest.mark.parametrize("stage", STAGES)
def test_every_part_that_is_watched_is_there(assembly: Assembly, stage: str) -> None:
    api = f"greenroom-{stage}-api"
    functions = {
        found["Properties"]["FunctionName"] for found in assembly.resources(api, "Lambda::Function").values()
    }
    acl = assembly.one(api, "WAFv2::WebACL")
    rules = {rule["VisibilityConfig"]["MetricName"] for rule in acl["Rules"]}
    streams = assembly.resources(f"greenroom-{stage}-observability", "KinesisFirehose::DeliveryStream")
    there = {
        "FunctionName": functions,
        "ApiName": {assembly.one(api, "ApiGateway::RestApi")["Name"]},
        "Stage": {assembly.one(api, "ApiGateway::Stage")["StageName"]},
        "TableName": {f"<Tables{name}>" for name in ("Identity", "Catalog", "Bookings", "Limits")},
        "QueueName": {"<UndeliveredEvents.QueueName>"},
        "WebACL": {acl["VisibilityConfig"]["MetricName"]},
        "Region": {"<AWS::Region>"},
        "Rule": {*rules, "ALL"},
        "DeliveryStreamName": {found["Properties"]["DeliveryStreamName"] for found in streams.values()},
        "Operation": _operations(),
        "Resource": {f"{name}:live" for name in functions},
        "ExecutedVersion": _versions(assembly, stage),
    }

    asked: dict[str, set[str | None]] = {}
    for found in used(assembly, stage):
        if found.namespace.startswith("AWS/"):
            for name, value in found.dimensions.items():
                asked.setdefault(name, set()).add(value)

    assert {name: values - there[name] for name, values in asked.items() if values - there[name]} == {}
    assert asked["FunctionName"] == functions
    assert asked["TableName"] == there["TableName"]


def _versions(assembly: Assembly, stage: str) -> set[str]:
    return {f"<{name}.Version>" for name in assembly.resources(f"greenroom-{stage}-api", "Lambda::Version")}


def _operations() -> set[str]:
    called = {call for plan in PLANS for calls in plan.calls.values() for call in calls}
    items = {call.removeprefix("dynamodb:") for call in called if call.startswith("dynamodb:")}
    return items | {"TransactWriteItems"}


def _health_checks() -> set[str]:
    """Return the checks that the health function has, wherever it is told of everything."""
    told = (
        *("STAGE", "IDENTITY_TABLE", "CATALOG_TABLE", "BOOKINGS_TABLE", "LIMITS_TABLE", "TOKEN_KEY_IDS"),
        *("TOKEN_AUDIENCE", "MONITORING_SECRET_ID"),
    )
    settings = HealthSettings.read(
        dict.fromkeys(told, "x")
        | {"TOKEN_ISSUER": "https://a.test", "MAIL_FROM": "a@a.test", "CDN_URL": "https://a.test"}
    )
    checks, nothing = HealthChecks(), MagicMock()
    register_checks(checks, settings, nothing, nothing)
    return set(checks._checks)


@pytest.mark.parametrize("stage", STAGES)
def test_every_value_of_a_dimension_of_ours_is_one_that_occurs(assembly: Assembly, stage: str) -> None:
    routes = {(operation.function, operation.path) for operation in read_document(DOCUMENT).operations}
    occurring = {
        catalogue.SERVICE: SERVICES,
        catalogue.ROUTE: {path for _, path in routes},
        catalogue.SEVERITY: {"INFO", "WARN", "CRITICAL"},
        catalogue.LIMIT: {one.name for one in vars(policies).values() if isinstance(one, policies.Policy)},
        catalogue.TRANSITION: {kind.value for kind in EventType},
        catalogue.OUTCOME: set(get_args(PaymentOutcome)),
        catalogue.CHECK: _health_checks(),
        catalogue.VERSION: _versions(assembly, stage),
        catalogue.EVENT: {"authn_login_fail", "authz_fail", "authn_token_reuse"},
    }

    for found in _own(assembly, stage):
        for name, value in found.dimensions.items():
            assert value is None or value in occurring[name], f"{found.where}: {name} is never {value}"
        if found.dimensions.get(catalogue.ROUTE):
            assert (found.dimensions[catalogue.SERVICE], found.dimensions[catalogue.ROUTE]) in routes


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_behind_the_gateway_is_in_every_widget_of_all(assembly: Assembly, stage: str) -> None:
    answering = {plan.name for plan in PLANS if plan.behind_gateway}
    shown: dict[str, set[str | None]] = {}
    for found in used_by_widgets(assembly, stage):
        if found.by == {catalogue.SERVICE}:
            shown.setdefault(found.where, set()).add(found.dimensions[catalogue.SERVICE])

    assert len(shown) > 5
    assert all(services in (answering, SERVICES) for services in shown.values())


def test_the_checks_that_are_watched_are_those_of_the_tables() -> None:
    assert {f"table_{name}" for name in ("identity", "catalog", "bookings", "limits")} == set(CHECKS)


@pytest.mark.parametrize("stage", STAGES)
def test_no_alarm_searches(assembly: Assembly, stage: str) -> None:
    # CloudWatch refuses an alarm on a search.
    assert all(None not in found.dimensions.values() for found in used_by_alarms(assembly, stage))


def test_a_metric_under_dimensions_that_it_has_not_stops_the_synthesis() -> None:
    with pytest.raises(UnknownMetric, match="Faults"):
        ours("dev", catalogue.FAULTS, "Sum", route="/v1/me")
    with pytest.raises(UnknownMetric, match="p950"):
        ours("dev", catalogue.LATENCY, "p950")
    with pytest.raises(UnknownMetric, match="Invokations"):
        of_aws("AWS/Lambda:Invokations", "Sum", FunctionName="f")
    with pytest.raises(UnknownMetric, match="Errors"):
        of_aws("AWS/Lambda:Errors", "Sum", TableName="t")
