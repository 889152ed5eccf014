"""A table of limits that takes every call and never answers holds nobody up for long."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from greenroom.aws.runtime import Endpoint, Runtime
from greenroom.storage import clients
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.support.emulator import RunningEmulator
from tests.support.functions import PASSWORD, Answer, RunningFunctions, running_functions
from tests.support.silence import Silence, silent_server

# A call is two tries of 0.7 s each. Before the gate had a client of its own it took twelve seconds and more;
# the difference leaves room for a busy machine.
ONE_CALL = 4.0


@pytest.fixture(scope="module")
def running(emulator: RunningEmulator) -> Iterator[RunningFunctions]:
    with running_functions(emulator, rate_limits="on") as functions:
        functions.token("buyer")
        yield functions


@pytest.fixture
def silence(running: RunningFunctions) -> Iterator[Silence]:
    """Let the gate's own client speak to a server that does not answer."""
    gate: Any = clients.gate_client()
    with silent_server() as silent, pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "endpoint", Endpoint(silent.url, "dynamodb", "eu-central-1", Runtime()))
        yield silent


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The log lines that are written while the test runs."""
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def _timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    started = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - started


def test_a_general_request_passes_after_a_second_or_two_with_an_alarm(
    running: RunningFunctions, silence: Silence, lines: list[dict[str, Any]]
) -> None:
    answer, seconds = _timed(lambda: running.call("GET", "/v1/celebrities", source_ip="10.7.0.1"))

    assert answer.status == 200
    assert seconds < ONE_CALL
    assert len(silence.heard) == 2
    (alarm,) = [line for line in lines if line.get("event") == "rate_limit_store_failed"]
    assert (alarm["limit"], alarm["passed"], alarm["error"]) == ("general", True, "ReadTimeoutError")


def test_what_guards_a_secret_is_refused_as_soon_and_told_when_to_come_again(
    running: RunningFunctions, silence: Silence, lines: list[dict[str, Any]]
) -> None:
    body = {"email": running.emails["buyer"], "password": PASSWORD}

    answer, seconds = _timed(lambda: running.call("POST", "/v1/auth/login", body=body, source_ip="10.7.0.2"))

    assert answer.told == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert seconds < ONE_CALL
    assert len(silence.heard) == 2
    (alarm,) = [line for line in lines if line.get("event") == "rate_limit_store_failed"]
    assert (alarm["limit"], alarm["passed"]) == ("authentication", False)


def test_a_session_that_cannot_be_looked_up_lets_nobody_in_and_nobody_wait(
    running: RunningFunctions, silence: Silence
) -> None:
    token = running.token("buyer")

    answer, seconds = _timed(lambda: running.call("GET", "/v1/me", token=token, source_ip="10.7.0.3"))

    assert answer.told == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert seconds < 2 * ONE_CALL
    assert len(silence.heard) == 4, "counted in vain, and looked up in vain"


def test_the_calls_of_the_gate_are_counted_like_any_others(
    running: RunningFunctions, silence: Silence, lines: list[dict[str, Any]]
) -> None:
    running.call("POST", "/v1/auth/verify-email", body={"token": "x"}, source_ip="10.7.0.4")

    (line,) = [line for line in lines if line.get("category") == "request"]
    assert line["table_calls"] == 1
    assert line["table_ms"] > 1000
