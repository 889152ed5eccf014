"""What a stage costs is counted from what it is made of, and the document says what is counted."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stacks import costs
from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")


def _stage(folder: Path, *resources: tuple[str, Mapping[str, Any]]) -> dict[str, costs.Cost]:
    found = {
        str(number): {"Type": f"AWS::{kind}", "Properties": properties}
        for number, (kind, properties) in enumerate(resources)
    }
    (folder / "greenroom-prod-api.template.json").write_text(json.dumps({"Resources": found}))
    return {cost.what: cost for cost in costs.at_rest(folder, "prod")}


def test_the_document_says_what_the_templates_cost(assembly: Assembly) -> None:
    written = costs.DOCUMENT.read_text("utf-8")

    assert costs.updated(written, assembly.folder) == written, "make costs"
    assert "$" in costs.tables(assembly.folder)


def test_the_summary_says_what_the_document_does(assembly: Assembly) -> None:
    sums = re.findall(r"\*\*(\$[0-9.]+)\*\*", costs.DOCUMENT.read_text("utf-8"))

    assert [line.split()[-1] for line in costs.summary(assembly.folder).splitlines()] == sums


def test_an_alarm_on_a_calculation_costs_by_its_metrics(tmp_path: Path) -> None:
    stat: dict[str, Any] = {"MetricStat": {}}
    found = _stage(
        tmp_path,
        ("CloudWatch::Alarm", {"MetricName": "One"}),
        ("CloudWatch::Alarm", {"Metrics": [stat, stat, {"Expression": "a/b"}]}),
    )

    assert found["alarms, by metric"].count == 3
    assert found["alarms, by metric"].dollars == pytest.approx(0.30)


def test_a_firewall_costs_by_its_rules(tmp_path: Path) -> None:
    found = _stage(tmp_path, ("WAFv2::WebACL", {"Rules": [{}, {}]}))

    assert found["firewalls"].dollars + found["rules of firewalls"].dollars == 7


def test_what_is_kept_warm_costs_by_the_memory_of_its_function(tmp_path: Path) -> None:
    waiting = {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 3}}
    found = _stage(
        tmp_path,
        ("Lambda::Function", {"MemorySize": 1024}),
        ("Lambda::Function", {"MemorySize": 4096}),
        ("Lambda::Alias", {"FunctionName": {"Ref": "0"}, **waiting}),
        ("Lambda::Alias", {"FunctionName": {"Ref": "1"}}),
    )

    assert found["warm sandboxes, in GB"].count == 3
    assert found["warm sandboxes, in GB"].dollars == pytest.approx(26.28, abs=0.01)
    assert found["snapshots of functions, in GB"].count == 0


def test_what_is_restored_from_a_snapshot_costs_by_its_memory(tmp_path: Path) -> None:
    found = _stage(
        tmp_path,
        ("Lambda::Function", {"MemorySize": 2048, "SnapStart": {"ApplyOn": "PublishedVersions"}}),
        ("Lambda::Function", {"MemorySize": 4096, "SnapStart": {"ApplyOn": "None"}}),
    )

    assert found["snapshots of functions, in GB"].count == 2
    assert found["snapshots of functions, in GB"].dollars == pytest.approx(7.91, abs=0.01)


def test_a_cache_of_the_gateway_costs_at_rest(tmp_path: Path) -> None:
    cached = {"CacheClusterEnabled": True, "CacheClusterSize": "0.5"}

    assert _stage(tmp_path, ("ApiGateway::Stage", cached))[
        "cache of the gateway, in GB"
    ].dollars == pytest.approx(14.6)


def test_a_million_bookings_cost_their_requests_too() -> None:
    requests = sum(cost.dollars for cost in costs.per_million_requests())

    assert next(costs.per_million_bookings()).dollars == pytest.approx(10 * requests)
