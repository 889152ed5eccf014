"""Spans as the daemon gets them: findable by booking, route and outcome, and silent about everything else.

Each case is a process of its own with Lambda's environment, and this test stands in for the daemon.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import TRACE, trace_daemon

ROOT = Path(__file__).resolve().parents[3]

SERVE = """
import sys
from tests.unit.gateway.sample import event, function

serve = function()
asked = event("GET", "/things/t1", headers=[("authorization", "Bearer buyer")]), event("GET", "/broken")
print([serve(each)["statusCode"] for each in asked], "aws_xray_sdk" in sys.modules)
"""

JOB = """
from greenroom.telemetry import traces
from greenroom.telemetry.invocations import mark
from greenroom.telemetry.worker import Worker

def serve(event, context):
    mark(booking_id="bkg_1")
    with traces.span("mail"):
        raise RuntimeError("hunter2")

work = Worker("outbox", serve, prepare=lambda: None)

try:
    work({}, None)
except RuntimeError:
    pass
"""


def _run(program: str, **environment: str) -> tuple[str, list[dict[str, Any]]]:
    """Return what a process in Lambda's environment printed, and the segments that it sent."""
    with trace_daemon() as daemon:
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", program],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": "layers:.", **daemon.environment, **environment},
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    return done.stdout, daemon.segments()


def test_a_request_is_found_by_its_route_and_outcome_and_says_nothing_else() -> None:
    _, segments = _run(SERVE)

    assert [segment["name"] for segment in segments] == ["sample", "sample"]
    assert {segment["trace_id"] for segment in segments} == {TRACE}
    assert [segment["annotations"] for segment in segments] == [
        {"route": "GET /things/{thing_id}", "outcome": "200"},
        {"route": "GET /broken", "outcome": "internal_error"},
    ]
    assert "hunter2" not in json.dumps(segments)


def test_work_is_found_by_its_booking_and_an_errors_text_stays_here() -> None:
    _, segments = _run(JOB)

    (outer,) = [segment for segment in segments if segment["name"] == "outbox"]
    assert outer["annotations"] == {"booking_id": "bkg_1", "outcome": "failed", "route": "outbox"}
    assert "mail" in json.dumps(segments)
    assert "hunter2" not in json.dumps(segments)


CALLS = """
import sys
from greenroom.aws.client import Call
from botocore.exceptions import ClientError
from greenroom.telemetry import traces

around = traces.traced_call("eu-west-1")
call = Call("dynamodb", "GetItem", {"TableName": "t", "Key": {"pk": {"S": "hunter2"}}})

def refuse():
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "hunter2"}}, "GetItem")

with traces.span("bookings"):
    assert around(call, lambda: {"Item": {}}) == {"Item": {}}
    try:
        around(call, refuse)
    except ClientError:
        pass
print([], "aws_xray_sdk" in sys.modules)
"""


def test_our_own_clients_calls_are_calls_of_aws_and_say_which_table_and_not_what_was_asked() -> None:
    _, segments = _run(CALLS)

    calls = [segment for segment in segments if segment["name"] == "dynamodb"]
    about = {"operation": "GetItem", "region": "eu-west-1", "table_name": "t"}
    assert [(call["name"], call["namespace"], call["aws"]) for call in calls] == [
        ("dynamodb", "aws", about)
    ] * 2
    assert [call.get("fault", False) for call in calls] == [False, True]
    assert "hunter2" not in json.dumps(segments)


@pytest.mark.parametrize("program", [SERVE, CALLS])
def test_of_an_invocation_that_was_not_drawn_nothing_is_made(program: str) -> None:
    printed, segments = _run(program, _X_AMZN_TRACE_ID=f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=0")

    assert segments == []
    assert printed.splitlines()[-1].endswith("] False")


@pytest.mark.parametrize(
    "environment", [{"AWS_LAMBDA_FUNCTION_NAME": ""}, {"POWERTOOLS_TRACE_DISABLED": "true"}]
)
def test_where_traces_are_off_nothing_is_sent_and_the_sdk_is_not_even_loaded(
    environment: dict[str, str],
) -> None:
    printed, segments = _run(SERVE, **environment)

    assert segments == []
    assert printed.splitlines()[-1] == "[200, 500] False"
