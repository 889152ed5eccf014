"""A function in a process of its own: how it hears of its end, and what it says before."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.ingest import Ingest
from tests.support.runtime_api import RuntimeApi, running_runtime_api

ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 30


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with running_runtime_api() as running:
        yield running


@contextmanager
def sandbox(api: RuntimeApi, ingest: Ingest, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a function, and end it, if it has not ended, as Lambda does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.small_runtime"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"layers{os.pathsep}.",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "STAGE": "test",
            "SENTRY_DSN": ingest.dsn,
            **environment,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert api.waiting.wait(_SECONDS), "init did not end"
        yield process
    finally:
        process.kill()
        process.communicate()


def lines(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    """Return what was written, apart from the line that each invocation has."""
    told, _ = process.communicate(timeout=_SECONDS)
    found = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return [line for line in found if line["category"] != "job"]


def test_in_init_a_function_registers_for_no_events_and_asks_for_the_next(
    api: RuntimeApi, ingest: Ingest
) -> None:
    with sandbox(api, ingest):
        assert api.listening.wait(_SECONDS)

    ((headers, body),) = api.calls("/2020-01-01/extension/register")
    assert headers["Lambda-Extension-Name"] == "greenroom"
    assert json.loads(body) == {"events": []}
    ((headers, _),) = api.calls("/2020-01-01/extension/event/next")
    assert headers["Lambda-Extension-Identifier"] == "ext-1"
    first_calls = [path for path, _, _ in api.asked]
    assert first_calls[0] == "/2020-01-01/extension/register"


def test_at_sigterm_what_is_unsent_is_sent_and_the_process_ends_by_the_signal(
    api: RuntimeApi, ingest: Ingest
) -> None:
    with sandbox(api, ingest) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(_SECONDS) == -signal.SIGTERM

    (event,) = ingest.events()
    assert event["contexts"]["circumstances"]["what"] == "the last words"


def test_a_profile_that_a_freeze_interrupts_leaves_after_the_thaw(api: RuntimeApi, ingest: Ingest) -> None:
    with sandbox(api, ingest, SENTRY_TRACES_SAMPLE_RATE="1", SENTRY_PROFILES_SAMPLE_RATE="1") as process:
        api.invoke({"do": "work"})
        assert api.answer() == "done"
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        process.send_signal(signal.SIGCONT)

        (trace,) = ingest.wait_for("transaction")
        (chunk,) = ingest.wait_for("profile_chunk")
    assert trace["contexts"]["profile"]["profiler_id"] == chunk["profiler_id"]


def test_a_dead_ingest_does_not_keep_a_process_from_ending(api: RuntimeApi, ingest: Ingest) -> None:
    ingest.open.clear()
    with sandbox(api, ingest) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM


def test_a_function_that_may_not_register_works_all_the_same(api: RuntimeApi, ingest: Ingest) -> None:
    api.takes_extensions = False
    with sandbox(api, ingest) as process:
        api.invoke({"do": "work"})
        assert api.answer() == "done"
        process.kill()

        (line,) = lines(process)
    assert (line["message"], line["error"]) == (
        "the end of this sandbox will not be announced",
        "NotRegistered",
    )


def test_an_invocation_that_fails_is_reported_and_lambda_is_told(api: RuntimeApi, ingest: Ingest) -> None:
    with sandbox(api, ingest) as process:
        api.invoke({"do": "fail"})
        assert api.answer() == {"errorType": "RuntimeError"}
        process.kill()

        (line,) = lines(process)
    (event,) = ingest.events()
    assert (line["message"], line["route"], line["request_id"]) == ("an invocation failed", "small", "req-1")
    assert event["tags"]["function"] == "small"
    assert b"hunter2" not in ingest.everything()


def test_a_time_out_is_told_with_its_stack_before_it_happens(api: RuntimeApi, ingest: Ingest) -> None:
    with sandbox(api, ingest) as process:
        # The other invocations end in time: of them nothing is told.
        for _ in range(3):
            api.invoke({"do": "work"})
            assert api.answer() == "done"
        ends = time.time() + 2.5
        api.invoke({"do": "hang"}, seconds=2.5)

        (event,) = ingest.wait_for("event")
        process.kill()
        (line,) = lines(process)

    assert datetime.fromisoformat(event["timestamp"]).timestamp() < ends
    assert datetime.fromisoformat(line["timestamp"]).timestamp() < ends
    assert (line["level"], line["category"], line["message"]) == ("ERROR", "error", "about to time out")
    assert (line["route"], line["request_id"], line["error"]) == ("small", "req-1", "AboutToTimeOut")
    assert any(frame.endswith(" _wait_for") for frame in line["stack"])
    assert event["tags"]["function"] == "small"
    assert any(f["function"] == "_wait_for" for f in event["exception"]["values"][0]["stacktrace"]["frames"])
    assert b"hunter2" not in ingest.everything() + json.dumps(line).encode()
