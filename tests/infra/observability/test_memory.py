"""Memory: the filter finds Lambda's reports among all lines of a function's log, and the number in them."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from stacks.functions import PLANS
from stacks.observability.memory import REPORTS, USED
from tests.infra.observability.driven import drive
from tests.infra.observability.observed import stack
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

# As the schema reference has it:
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
REPORT = """{"time": "2026-11-25T17:14:24.046Z", "type": "platform.report", "record": {
    "requestId": "79b4f56e-95b1-4643-9700-2807f4e68189", "status": "success", "metrics": {
    "durationMs": 113.51, "billedDurationMs": 114, "memorySizeMB": 1024, "maxMemoryUsedMB": 187}}}"""
KILLED = """{"time": "2026-11-25T17:14:25.046Z", "type": "platform.report", "record": {
    "requestId": "79b4f56e-95b1-4643-9700-2807f4e68190", "status": "error",
    "errorType": "Runtime.OutOfMemory", "metrics": {
    "durationMs": 900.0, "billedDurationMs": 900, "memorySizeMB": 1024, "maxMemoryUsedMB": 1024}}}"""
START = """{"time": "2026-11-25T17:14:23.900Z", "type": "platform.start", "record": {
    "requestId": "79b4f56e-95b1-4643-9700-2807f4e68189", "version": "$LATEST"}}"""


def _chosen(selector: str, line: dict[str, Any]) -> Any:
    value: Any = line
    for part in selector.removeprefix("$.").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _matches(pattern: str, line: dict[str, Any]) -> bool:
    """Match a line as CloudWatch does, for patterns of one comparison of text."""
    found = re.fullmatch(r'{ (\$[.\w]+) = "([^"]*)" }', pattern)
    assert found is not None, pattern
    return bool(_chosen(found[1], line) == found[2])


@pytest.mark.parametrize(("text", "used"), [(REPORT, 187), (KILLED, 1024)], ids=["done", "killed"])
def test_a_report_matches_and_its_memory_is_read(text: str, used: int) -> None:
    report = json.loads(text)

    assert _matches(REPORTS, report)
    assert _chosen(USED, report) == used


def test_no_other_line_matches() -> None:
    assert not _matches(REPORTS, json.loads(START))
    lines = drive("test")
    assert lines
    assert not any(_matches(REPORTS, line) for line in lines)


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_is_measured_by_its_own_log(assembly: Assembly, stage: str) -> None:
    filters = assembly.resources(stack(stage), "Logs::MetricFilter").values()

    measured = {}
    for found in filters:
        properties = found["Properties"]
        assert properties["FilterPattern"] == REPORTS
        (made,) = properties["MetricTransformations"]
        assert (made["MetricValue"], made["Unit"]) == (USED, "Megabytes")
        measured[properties["LogGroupName"]] = made["MetricNamespace"]
    assert measured == {f"/greenroom/{stage}/{plan.name}": f"Greenroom/{stage}/{plan.name}" for plan in PLANS}


def test_every_line_of_ours_has_the_level_and_the_time_by_which_lambda_would_judge_it() -> None:
    for line in drive("test"):
        assert line["level"] in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
        assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


@pytest.mark.parametrize("stage", STAGES)
def test_lambda_writes_its_reports_as_json_and_drops_no_line_of_ours(assembly: Assembly, stage: str) -> None:
    for function in assembly.resources(f"greenroom-{stage}-api", "Lambda::Function").values():
        logging = function["Properties"]["LoggingConfig"]
        assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "INFO")
        assert logging["ApplicationLogLevel"] == "DEBUG"
