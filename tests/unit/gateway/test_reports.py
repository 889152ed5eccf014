"""One line tells of each request; what fails is told to the operator, never to the caller."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from greenroom.refusals import Unavailable
from greenroom.storage.tables import Contended
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.unit.gateway.sample import REQUEST_ID, App, call, event, function

LOGGER = {"level", "timestamp", "service"}
METRICS = {"_aws", "Latency"}
# Those of a sandbox's first invocation, and of its usage, which is told twice a minute.
SOMETIMES = {"ColdStarts", "CpuShare", "MemoryShare"}
CANONICAL = {
    "category",
    "route",
    "method",
    "status",
    "duration_ms",
    "principal_id",
    "request_id",
    "correlation_id",
    "trace_id",
    "table_calls",
    "table_ms",
    "cold_start",
}


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The lines written while the test runs."""
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def test_a_successful_request_writes_exactly_one_line_with_the_agreed_keys(
    lines: list[dict[str, Any]],
) -> None:
    call("GET", "/things/t1", token="buyer", X_Correlation_Id="journey-0001")

    (line,) = lines
    assert line.keys() - SOMETIMES == CANONICAL | LOGGER | METRICS
    assert (
        line.items()
        >= {
            "level": "INFO",
            "category": "request",
            "route": "/things/{thing_id}",
            "method": "GET",
            "status": 200,
            "principal_id": "usr_buyer",
            "request_id": REQUEST_ID,
            "correlation_id": "journey-0001",
            "table_calls": 0,
            "table_ms": 0.0,
            "cold_start": True,
        }.items()
    )
    assert line["duration_ms"] >= 0


def test_the_line_of_the_longest_request_stays_under_900_bytes(lines: list[dict[str, Any]]) -> None:
    headers = [("authorization", "Bearer buyer"), ("x-correlation-id", "x" * 128), ("user-agent", "y" * 4000)]
    given = event("GET", "/things/t1", headers=headers)
    serve = function()

    serve(given)
    serve(given)

    compact = json.dumps(lines[1], separators=(",", ":"))
    assert len(compact.encode()) < 900


def test_nothing_that_a_client_invents_gets_into_the_line(lines: list[dict[str, Any]]) -> None:
    invented = "hunter2"
    call(
        "POST",
        "/public",
        body={"name": invented * 3, invented: invented},
        query=f"{invented}={invented}",
        X_Correlation_Id=f"{invented} {invented}",
        X_Forwarded_For=invented,
        User_Agent=invented,
        Origin=f"https://{invented}",
    )
    call("GET", f"/public/{invented}")
    call("GET", "/things/t1", token=invented)

    assert [line["route"] for line in lines if line["category"] == "request"] == [
        *("/public", "/public/{name}", "/things/{thing_id}")
    ]
    assert invented not in json.dumps(lines)


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        ("Root=1-67891233-abcdef012345678912345678", "1-67891233-abcdef012345678912345678"),
        (
            "Self=1-67891234-12456789abcdef012345678a;Root=1-67891233-abcdef012345678912345678;Sampled=1",
            "1-67891233-abcdef012345678912345678",
        ),
        ("hunter2", None),
        ("Root=hunter2", None),
        ("Root=1-67891233-abcdef012345678912345678" + "0" * 900, None),
        ("", None),
    ],
)
def test_a_trace_id_is_logged_in_its_own_form_or_not_at_all(
    lines: list[dict[str, Any]], sent: str, logged: str | None
) -> None:
    given = event("GET", "/things")
    given["multiValueHeaders"] = {"X-Amzn-Trace-Id": [sent]}

    function()(given)

    assert lines[0].get("trace_id") == logged


def test_only_the_first_request_of_a_process_is_cold(lines: list[dict[str, Any]]) -> None:
    serve = function()

    for _ in range(3):
        serve(event("GET", "/things"))

    assert [line.get("cold_start") for line in lines] == [True, None, None]


def test_a_refusal_is_one_line_with_its_code_and_no_error(lines: list[dict[str, Any]]) -> None:
    call("GET", "/things/t9", token="buyer")

    (line,) = lines
    assert (line["level"], line["status"], line["code"]) == ("INFO", 404, "not_found")


def test_who_lacks_the_role_is_also_a_security_event(lines: list[dict[str, Any]]) -> None:
    call("PUT", "/things/t1", token="buyer", body={})

    security, request = lines
    assert (
        security.items()
        >= {
            "category": "security",
            "event": "authz_fail",
            "severity": "WARN",
            "principal_id": "usr_buyer",
            "route": "/things/{thing_id}",
            "request_id": REQUEST_ID,
        }.items()
    )
    assert request["status"] == 403


def test_a_handler_that_breaks_is_a_500_that_tells_the_caller_nothing(lines: list[dict[str, Any]]) -> None:
    answer = call("GET", "/broken")

    assert answer.told == (500, "internal_error")
    assert answer.body["detail"] == "Something went wrong on our side"
    assert not {"hunter2", "RuntimeError", "sample.py", "Traceback"} & set(answer.text.split('"'))
    assert "hunter2" not in answer.text
    fault, request = lines
    assert (fault["level"], fault["category"], fault["error"]) == ("ERROR", "error", "RuntimeError")
    assert fault["request_id"] == REQUEST_ID
    assert fault["stack"][-1].endswith(" break_down")
    assert (request["level"], request["status"]) == ("ERROR", 500)


def test_the_report_of_a_fault_holds_no_text_of_the_error(lines: list[dict[str, Any]]) -> None:
    call("GET", "/broken")

    assert "hunter2" not in json.dumps(lines)


def test_a_service_that_fails_us_is_reported_although_the_caller_gets_a_calm_503(
    lines: list[dict[str, Any]],
) -> None:
    unavailable = Unavailable(retry_after=1)
    unavailable.__cause__ = ClientError(
        {"Error": {"Code": "ThrottlingException", "Message": "hunter2"}}, "GetItem"
    )

    answer = call("GET", "/broken", app=App(seen=[unavailable]))

    assert answer.told == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    fault, request = lines
    assert (fault["category"], fault["error"]) == ("error", "ClientError")
    assert (request["level"], request["status"]) == ("ERROR", 503)
    assert "hunter2" not in json.dumps(lines) + answer.text


def test_a_lost_race_that_nobody_handled_is_a_503_to_try_again(lines: list[dict[str, Any]]) -> None:
    answer = call("GET", "/broken", app=App(seen=[Contended()]))

    assert answer.told == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert len(lines) == 1


def test_what_goes_without_saying_is_not_said(lines: list[dict[str, Any]]) -> None:
    call("GET", "/public/p1")

    assert lines[0]["request_id"] == REQUEST_ID
    assert lines[0].keys().isdisjoint({"principal_id", "correlation_id", "message"})
