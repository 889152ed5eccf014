"""Saved queries: each looks through the logs that there are, for fields that lines really have."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from greenroom.telemetry import invocations, logs
from stacks.observability.insights import QUERIES, Query
from stacks.rest_api import ACCESS_LOG_FIELDS
from tests.infra.observability.driven import drive
from tests.infra.observability.observed import stack
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

ASKED = {
    *("combined", "error", "access", "database", "security", "auth", "business"),
    *("slow requests", "slow routes", "one request", "firewall"),
}
COMMANDS = set("fields filter sort limit stats".split())
WORDS = set("as by and or not in like desc asc count avg pct ispresent coalesce".split())
PLATFORM = {"record.status"}
"""Of the platform's reports, see ``test_memory``."""
FIREWALL = {"action", "terminatingRuleId", "httpRequest.clientIp", "httpRequest.uri"}
"""https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html"""


def _fields(query: Query) -> set[str]:
    """Return the fields that a query names: no texts, patterns or commands, and no names that it gives."""
    text = re.sub(r'"[^"]*"|/[^/]*/', " ", query.text)
    given = set(re.findall(r"\bas (\w+)", text))
    words = set(re.findall(r"(?<![\w.@])[A-Za-z_][\w.]*", text))
    return words - given - COMMANDS - WORDS


def _written() -> set[str]:
    """Return the fields of the lines that functions write, one of each kind driven."""
    lines: list[dict[str, Any]] = drive("test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "_sinks", [lines.append])
        with invocations.invocation(
            "bookings",
            answers=True,
            request_id="r",
            correlation_id="c",
            principal_id="usr_1",
            trace_id="t",
        ):
            logs.log_database("Query", "t", 900, read_units=1, error="InternalServerError")
            logs.log_security("authz_fail", "WARN", route="/v1/bookings", user_id="usr_1")
            logs.log_fault("unhandled error", ValueError(), route="/v1/bookings")
            logs.log_business("payment_captured", booking_id="bkg_1", payment_id="pay_1")
            logs.log_business("payment_refunded", booking_id="bkg_1", payment_id="pay_1")
            logs.log_request(status=409, route="/v1/bookings", method="POST", duration_ms=9, code="taken")
        with invocations.invocation("sweeper"):
            logs.log_job(done=True, duration_ms=3)
    return {name for line in lines for name in line}


def _of(logs_of: Iterable[str]) -> Iterator[set[str]]:
    for log in logs_of:
        yield {"functions": _written() | PLATFORM, "api": set(ACCESS_LOG_FIELDS), "firewall": FIREWALL}[log]


def test_there_is_a_query_for_each_of_the_logs_that_people_ask_for() -> None:
    assert set(QUERIES) == ASKED


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_names_only_fields_that_lines_have(name: str) -> None:
    query = QUERIES[name]
    known = set().union(*_of(query.logs))

    assert _fields(query)
    assert _fields(query) - known == set()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_made_of_known_commands_and_ends_somewhere(name: str) -> None:
    text = QUERIES[name].text

    assert {part.split()[0] for part in text.split("\n| ")} <= COMMANDS
    assert "limit" in text or "stats" in text


def test_what_a_request_did_for_the_business_is_found_in_its_own_line_and_in_others() -> None:
    lines: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "_sinks", [lines.append])
        with invocations.invocation("payments", answers=True):
            logs.log_business("payment_captured", booking_id="bkg_1")
            logs.log_business("payment_refunded", booking_id="bkg_1")
            logs.log_request(status=200)

    text = QUERIES["business"].text
    assert 'category = "business" or ispresent(business)' in text
    assert "coalesce(business, event) as happened" in text
    found = [line for line in lines if line["category"] == "business" or "business" in line]
    happened = [str(line.get("business", line.get("event"))) for line in found]
    assert sorted(happened) == ["payment_captured", "payment_refunded"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_query_is_saved_for_logs_that_there_are(assembly: Assembly, stage: str) -> None:
    groups = {
        group["Properties"]["LogGroupName"]
        for group in assembly.resources(f"greenroom-{stage}-api", "Logs::LogGroup").values()
    }

    saved = {
        query["Properties"]["Name"]: set(query["Properties"]["LogGroupNames"])
        for query in assembly.resources(stack(stage), "Logs::QueryDefinition").values()
    }
    assert set(saved) == {f"greenroom/{stage}/{name}" for name in QUERIES}
    assert all(named <= groups for named in saved.values())
    assert set().union(*saved.values()) == groups
