"""The whole local system as a child process, as ``make run`` starts it, and what a test asks of it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.emulator import EXECUTABLE

ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 90.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Launched:
    """A system that was started; it may not be ready, or may have ended."""

    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        """Return what it has printed."""
        return self.log.read_text("utf-8", errors="replace")

    def wait(self) -> int:
        """Wait for its end and return its exit status."""
        return self.process.wait(_STOP_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, unless it has, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """A running system. ``api`` speaks HTTP with it, past any proxy."""

    base_url: str
    data: Path
    launched: Launched
    api: httpx.Client

    @property
    def demo(self) -> dict[str, Any]:
        """Return what ``demo.json`` holds."""
        found: dict[str, Any] = json.loads((self.data / "demo.json").read_text("utf-8"))
        return found

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Return the mails to an address, newest first."""
        items: list[dict[str, Any]] = self.api.get("/local/mailbox", params={"to": to}).json()["items"]
        return items

    def lines(self, request_id: str) -> list[dict[str, Any]]:
        """Return the log lines of a request."""
        answer = self.api.get("/local/logs", params={"request_id": request_id})
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def log_in(self, account: str) -> dict[str, str]:
        """Log a demo account in and return the header that says so."""
        known = self.demo["accounts"][account]
        answer = self.api.post(
            "/v1/auth/login", json={"email": known["email"], "password": known["password"]}
        )
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def launch(
    data: Path, *arguments: str, environment: Mapping[str, str] | None = None, module: str = "local"
) -> Launched:
    """Start the system on a free port and return at once."""
    data.parent.mkdir(parents=True, exist_ok=True)
    handle, log = tempfile.mkstemp(prefix="system-", suffix=".log", dir=data.parent)
    with os.fdopen(handle, "wb") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", module, "--port", "0", "--data", str(data)),
                *("--emulator", str(EXECUTABLE), *arguments),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"layers{os.pathsep}.", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal is the test run's; the system is stopped by its fixture.
            start_new_session=True,
        )
    return Launched(process, Path(log))


@contextmanager
def running_system(
    data: Path, *arguments: str, environment: Mapping[str, str] | None = None, module: str = "local"
) -> Iterator[RunningSystem]:
    """Start the system, wait until it says that it is ready, and stop it at the end.

    Limits are off where the environment does not turn them on: all tests come from one address. ``module`` is
    another one that serves the same: ``local.deploy``, where they cannot be off.
    """
    given = {"RATE_LIMITS": "off", **(environment or {})}
    launched = launch(data, *arguments, environment=given, module=module)
    try:
        base_url = _await_ready(launched, data)
        with httpx.Client(base_url=base_url, timeout=30, trust_env=False) as api:
            yield RunningSystem(base_url, data, launched, api)
    finally:
        launched.stop()


def _await_ready(launched: Launched, data: Path) -> str:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up and launched.process.poll() is None:
        printed = launched.output()
        if "Greenroom is ready" in printed and "accounts " in printed:
            base_url: str = json.loads((data / "demo.json").read_text("utf-8"))["base_url"]
            return base_url
        time.sleep(0.05)
    raise AssertionError(f"the system did not become ready:\n{launched.output()[-4000:]}")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """The whole system, fresh, for all tests of the worker: they make what they need anew."""
    with running_system(tmp_path_factory.mktemp("system") / "data") as running:
        yield running
