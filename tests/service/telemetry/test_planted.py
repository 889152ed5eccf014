"""No signal holds what anybody sends, nor a secret that we give out: no line, metric, trace or report.

Every input of every route holds a word, as everybody, with everything in order and with tables that fail.
Then that word is looked for in all that came out, as it is and in base64.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import TraceDaemon, trace_daemon
from tests.support.emulator import RunningEmulator
from tests.support.functions import ROUTES
from tests.support.ingest import Ingest, decoded, running_ingest
from tests.support.planting import CANARY, EMAIL, PASSWORD

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.xdist_group("planted")


@dataclass
class Told:
    """All that came out, and what must not have."""

    lines: list[dict[str, Any]]
    signals: dict[str, bytes]
    """The bytes of each way out, with whatever in them may be base64 in plain as well."""
    secrets: list[str]
    statuses: dict[str, int]
    ingest: Ingest
    daemon: TraceDaemon
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def told(emulator: RunningEmulator) -> Iterator[Told]:
    with running_ingest() as ingest, trace_daemon() as daemon:
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-m", "tests.service.telemetry.planted", emulator.url],
            env={
                **os.environ,
                **daemon.environment,
                "PYTHONPATH": "layers:.",
                "LOG_LEVEL": "DEBUG",
                "SENTRY_DSN": ingest.dsn,
                "SENTRY_TRACES_SAMPLE_RATE": "1",
            },
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        known = json.loads(done.stderr.splitlines()[-1])
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        signals = {
            "lines": done.stdout.encode() + decoded(done.stdout.encode()),
            "reports": ingest.everything(),
            "traces": b"\n".join(daemon.packets),
        }
        yield Told(lines, signals, known["secrets"], known["statuses"], ingest, daemon)


@pytest.mark.parametrize("way", ["lines", "reports", "traces"])
def test_the_word_that_was_planted_everywhere_comes_out_nowhere(told: Told, way: str) -> None:
    found = told.signals[way].lower()

    at = found.find(CANARY.encode())
    assert at < 0, found[max(0, at - 200) : at + 100]


@pytest.mark.parametrize("way", ["lines", "reports", "traces"])
def test_no_secret_that_we_gave_out_or_were_given_comes_out(told: Told, way: str) -> None:
    secrets = {*told.secrets, EMAIL, PASSWORD, "@example.com"}

    assert len(secrets) > 20
    assert [secret for secret in secrets if secret.encode() in told.signals[way]] == []


def test_every_route_was_reached_and_told_of(told: Told) -> None:
    reached = {(line["method"], line["route"]) for line in told.lines if line["category"] == "request"}

    assert reached >= {(route.method, route.path) for route in ROUTES}


def test_requests_of_every_outcome_were_among_them(told: Told) -> None:
    assert told.statuses.keys() >= {"200", "204", "400", "401", "403", "404", "415", "422", "500"}


def test_every_kind_of_line_was_among_them(told: Told) -> None:
    kinds = {line["category"] for line in told.lines}

    assert kinds >= {"request", "database", "auth", "security", "error"}
    assert any("_aws" in line for line in told.lines)


def test_reports_and_spans_did_come(told: Told) -> None:
    raised = [event["exception"]["values"] for event in told.ingest.events() if "exception" in event]
    assert "RuntimeError" in {values[-1]["type"] for values in raised}
    assert told.ingest.items("transaction")
    assert len(told.daemon.packets) > len(ROUTES)
