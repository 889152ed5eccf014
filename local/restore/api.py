"""The local system as a process of its own, and what the drill asks of it over HTTP."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_READY_SECONDS = 90.0
_STOP_SECONDS = 30.0


class DrillFailed(Exception):
    """The drill cannot go on, or showed what must not be; the message says what."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    def expect(self, status: int) -> "Answer":
        """Return the answer if it has that status; raise ``DrillFailed``."""
        if self.status != status:
            code = self.body.get("code") if isinstance(self.body, dict) else None
            raise DrillFailed(f"an answer is {self.status} {code or ''}, not {status}")
        return self


@dataclass(frozen=True, slots=True)
class Api:
    """A running system."""

    base_url: str
    accounts: Mapping[str, Mapping[str, str]]

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, key: str | None = None
    ) -> Answer:
        """Send a request, past any proxy."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.base_url + path, data=data, headers=headers, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return _answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())

    def get(self, path: str, *, token: str | None = None, **query: str) -> Any:
        """Return the body of a GET that must succeed."""
        text = f"?{urllib.parse.urlencode(query)}" if query else ""
        return self.call("GET", path + text, token=token).expect(200).body

    def log_in(self, account: str) -> str:
        """Log a demo account in and return its token."""
        body = {name: self.accounts[account][name] for name in ("email", "password")}
        token: str = self.call("POST", "/v1/auth/login", body).expect(200).body["access_token"]
        return token

    def mails(self, account: str) -> set[str]:
        """Return the mails to an account, as text."""
        items = self.get("/local/mailbox", to=self.accounts[account]["email"])["items"]
        return {f"{mail['subject']}\n{mail['text']}" for mail in items}


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    is_json = "json" in headers.get("Content-Type", "")
    return Answer(status, dict(headers.items()), json.loads(content) if is_json and content else content)


@contextmanager
def running_system(data: Path, emulator: Path) -> Iterator[Api]:
    """Start the system on a data folder, yield it when it is ready, and stop it so that it saves.

    Limits are off: all calls come from one address. Raises ``DrillFailed``.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    command = [sys.executable, "-m", "local", "--port", "0", "--data", str(data), "--emulator", str(emulator)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env={**os.environ, "RATE_LIMITS": "off"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_ready(process, log)
        demo = json.loads((data / "demo.json").read_text())
        yield Api(demo["base_url"], demo["accounts"])
    finally:
        process.terminate()
        status = process.wait(_STOP_SECONDS)
    if status:
        raise DrillFailed(f"the system ended with status {status}; its output is {log}")


def _await_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        if b"Greenroom is ready" in log.read_bytes():
            return
        time.sleep(0.05)
    raise DrillFailed(f"the system did not become ready; its output is {log}")
