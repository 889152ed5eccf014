"""Alarms: at the named thresholds, told to somebody, not by one bad minute, and right about silence."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stacks.observability.insights import QUERIES
from stacks.sizes import MEMORY
from tests.infra.observability.observed import alarms, composites, dashboards, stack
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

ROOT = Path(__file__).resolve().parents[3]
FUNCTIONS = set(MEMORY)
WORKERS = {"outbox", "sweeper", "smoke"}
ANSWERING = FUNCTIONS - WORKERS
TABLES = {"identity", "catalog", "bookings", "limits"}
CANARIES = {f"canary-{name}" for name in FUNCTIONS - {"smoke"}}
"""Beside the functions, and only where a release has them: they judge one version."""
PARTS = {f"budget-{speed}-{window}" for speed in ("fast", "slow") for window in ("long", "short")}
EXPECTED = {
    *{"latency", "error-rate", "faults", "health-checks", "throttles", "key-errors", "limit-store"},
    *{"security-critical", "security-warnings", "login-failures", "access-denied", "token-reuse"},
    *{"firewall-blocks", "stream-age", "dead-letter", "outbox-age", "mail-failures", "sweep-lag"},
    *{"sweeper-silent", "provider-errors", "provider-latency"},
    *(f"worker-errors-{name}" for name in WORKERS),
    *(f"latency-{name}" for name in ANSWERING),
    *(f"{kind}-{name}" for kind in ("memory", "cpu") for name in FUNCTIONS),
    *(f"table-{kind}-{name}" for kind in ("throttles", "errors") for name in TABLES),
    *PARTS,
}
AT_ONCE = {"faults", "security-critical", "dead-letter", "limit-store"}
"""Those that one data point raises: each counts what should never happen at all."""


def _points(alarm: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return bad data points, data points looked at, and their seconds."""
    periods = {query["MetricStat"]["Period"] for query in alarm.get("Metrics", []) if "MetricStat" in query}
    (seconds,) = periods or {alarm["Period"]}
    return alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], seconds


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_all_alarms(assembly: Assembly, stage: str) -> None:
    archived = {"archive-late", *CANARIES} if stage == "prod" else set()
    released = {"canary"} if stage == "prod" else set()

    assert set(alarms(assembly, stage)) == EXPECTED | archived
    assert set(composites(assembly, stage)) == {"users-are-hurt", "budget-fast", "budget-slow"} | released


@pytest.mark.parametrize("stage", STAGES)
def test_the_named_thresholds_hold(assembly: Assembly, stage: str) -> None:
    found = alarms(assembly, stage)

    assert (found["latency"]["ExtendedStatistic"], found["latency"]["Threshold"]) == ("p95", 1000)
    assert all(found[f"latency-{name}"]["Threshold"] == 1000 for name in ANSWERING)
    assert found["error-rate"]["Threshold"] == 5
    assert found["error-rate"]["ComparisonOperator"] == "GreaterThanThreshold"
    for name in FUNCTIONS:
        cpu, memory = found[f"cpu-{name}"], found[f"memory-{name}"]
        assert (cpu["Threshold"], cpu["ComparisonOperator"]) == (80, "GreaterThanThreshold")
        assert memory["Threshold"] == pytest.approx(0.9 * MEMORY[name], abs=0.05)
        assert (memory["Statistic"], memory["ComparisonOperator"]) == (
            "Maximum",
            "GreaterThanOrEqualToThreshold",
        )
        assert memory["Namespace"] == f"Greenroom/{stage}/{name}"


@pytest.mark.parametrize("stage", STAGES)
def test_errors_are_counted_by_us_and_by_the_gateway_never_by_lambda_alone(
    assembly: Assembly, stage: str
) -> None:
    rate = alarms(assembly, stage)["error-rate"]

    names = {
        query["MetricStat"]["Metric"]["MetricName"] for query in rate["Metrics"] if "MetricStat" in query
    }
    assert names == {"ServerErrors", "5XXError", "Count"}
    (result,) = (query for query in rate["Metrics"] if query["ReturnData"])
    assert "MAX([FILL(own, 0), FILL(gateway, 0)]) / requests" in result["Expression"]


@pytest.mark.parametrize("stage", STAGES)
def test_one_bad_minute_raises_nothing_but_what_should_never_happen(assembly: Assembly, stage: str) -> None:
    for name, alarm in alarms(assembly, stage).items():
        bad, seen, seconds = _points(alarm)
        assert seconds % 60 == 0
        assert bad <= seen
        if name in AT_ONCE | CANARIES:
            assert (bad, alarm["Threshold"]) == (1, 1)
        elif name not in PARTS:
            assert bad >= 2, name
            assert bad * seconds >= 180, name


@pytest.mark.parametrize("stage", STAGES)
def test_password_hashing_alone_does_not_raise_the_processors_alarm(assembly: Assembly, stage: str) -> None:
    found = alarms(assembly, stage)

    for name in FUNCTIONS:
        bad, _, seconds = _points(found[f"cpu-{name}"])
        assert bad * seconds == (3600 if name == "auth" else 900)
    assert "hash a password takes all of a processor by design" in found["cpu-auth"]["AlarmDescription"]


@pytest.mark.parametrize("stage", STAGES)
def test_silence_is_trouble_only_where_something_comes_each_minute(assembly: Assembly, stage: str) -> None:
    silence = {name: alarm["TreatMissingData"] for name, alarm in alarms(assembly, stage).items()}

    assert silence.pop("sweeper-silent") == "breaching"
    assert silence.pop("dead-letter") == "ignore"
    assert set(silence.values()) == {"notBreaching"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_percentile_of_next_to_nothing_is_not_judged(assembly: Assembly, stage: str) -> None:
    for name, alarm in alarms(assembly, stage).items():
        if "ExtendedStatistic" in alarm:
            assert alarm["EvaluateLowSampleCountPercentile"] == "ignore", name


@pytest.mark.parametrize("stage", STAGES)
def test_every_expression_is_of_its_own_terms_and_has_one_result(assembly: Assembly, stage: str) -> None:
    for name, alarm in alarms(assembly, stage).items():
        queries = alarm.get("Metrics", [])
        if not queries:
            continue
        results = [query for query in queries if query["ReturnData"]]
        terms = {query["Id"] for query in queries if "MetricStat" in query}
        assert len(results) == 1
        assert 2 <= len(terms) <= 10, name
        assert all(re.fullmatch(r"[a-z]\w*", identity) for identity in terms)
        assert set(re.findall(r"\b[a-z]\w*", results[0]["Expression"])) == terms, name


@pytest.mark.parametrize("stage", STAGES)
def test_an_alarm_is_told_when_it_is_raised_and_when_it_is_over(assembly: Assembly, stage: str) -> None:
    topics = {"<TopicsPages>", "<TopicsTickets>"}

    found = {**alarms(assembly, stage), **composites(assembly, stage)}
    for name, alarm in found.items():
        if name in PARTS | CANARIES:
            assert "AlarmActions" not in alarm
        else:
            (told,) = map(assembly.text, alarm["AlarmActions"])
            assert told in topics
            assert list(map(assembly.text, alarm["OKActions"])) == [told]
    told_by = {
        name: [assembly.text(told) for told in alarm.get("AlarmActions", [])] for name, alarm in found.items()
    }
    paged = {name for name, topics_told in told_by.items() if topics_told == ["<TopicsPages>"]}
    assert paged == {"users-are-hurt", "budget-fast", "budget-slow", "security-critical", "key-errors"}


def _rule(alarm: Mapping[str, Any], stage: str) -> tuple[str, set[str]]:
    parts = re.findall(rf'ALARM\("greenroom-{stage}-([a-z-]+)"\)', alarm["AlarmRule"])
    joined = set(re.findall(r"\b(AND|OR)\b", alarm["AlarmRule"]))
    return joined.pop(), set(parts)


@pytest.mark.parametrize("stage", STAGES)
def test_alarms_on_alarms_name_alarms_that_are_there_before_them(assembly: Assembly, stage: str) -> None:
    found = composites(assembly, stage)

    assert _rule(found["users-are-hurt"], stage) == (
        "OR",
        {"latency", "error-rate", "throttles", "health-checks"},
    )
    for speed in ("fast", "slow"):
        parts = {f"budget-{speed}-long", f"budget-{speed}-short"}
        assert _rule(found[f"budget-{speed}"], stage) == ("AND", parts)
    if "canary" in found:
        assert _rule(found["canary"], stage) == ("OR", CANARIES)
    for resource in assembly.resources(stack(stage), "CloudWatch::CompositeAlarm").values():
        _, parts = _rule(resource["Properties"], stage)
        # Those of another stack are there: this one is deployed after it.
        assert len(resource.get("DependsOn", [])) == len(parts - CANARIES)


@pytest.mark.parametrize("stage", STAGES)
def test_the_error_budget_of_999_is_watched_over_two_windows_at_two_speeds(
    assembly: Assembly, stage: str
) -> None:
    found = alarms(assembly, stage)

    windows = {name: (_points(found[name])[2] // 60, found[name]["Threshold"]) for name in PARTS}
    assert windows == {
        "budget-fast-long": (60, 1.44),
        "budget-fast-short": (5, 1.44),
        "budget-slow-long": (360, 0.6),
        "budget-slow-short": (30, 0.6),
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_first_look_is_at_something_that_there_is(assembly: Assembly, stage: str) -> None:
    titles = {
        name: {widget["properties"].get("title") for widget in dashboard["widgets"]}
        for name, dashboard in dashboards(assembly, stage).items()
    }

    for name, alarm in {**alarms(assembly, stage), **composites(assembly, stage)}.items():
        look = alarm["AlarmDescription"].partition("First look: ")[2].partition(" Runbook: ")[0]
        assert look, name
        for dashboard in re.findall(r"dashboard (\w+)", look):
            quoted = re.findall(r"'([A-Z][^']+)'", look)
            assert dashboard in titles
            assert all(title in titles[dashboard] for title in quoted), f"{name}: {quoted}"
        for query in re.findall(r"saved query '([^']+)'", look):
            assert query in QUERIES, name


def test_the_alarms_of_a_stage_cost_what_the_documents_say(assembly: Assembly) -> None:
    text = (ROOT / "docs" / "decisions" / "0013-observability.md").read_text("utf-8")
    told = re.search(r"alarms \$([\d.]+) \(.*?prod, [^$]+\$([\d.]+)\)", text, re.DOTALL)

    def dollars(stage: str) -> str:
        found = alarms(assembly, stage).values()
        metrics = sum(sum("MetricStat" in q for q in alarm.get("Metrics", [])) or 1 for alarm in found)
        return f"{0.10 * metrics + 0.50 * len(composites(assembly, stage)):.2f}"

    assert told is not None
    assert (dollars("dev"), dollars("prod")) == told.groups()
