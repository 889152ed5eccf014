"""``make audit``: known vulnerabilities are found in every lock, and nothing passes unaudited."""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supply.test_locks import LOCKS

ROOT = Path(__file__).resolve().parent.parent.parent


class _Advisories(http.server.ThreadingHTTPServer):
    """Speaks as much of the OSV service as the audit asks; ``vulnerable`` names one package."""

    vulnerable: str | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: set[str] = set()


class _Answers(http.server.BaseHTTPRequestHandler):
    server: _Advisories

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        self.server.asked.add(name)
        bad = {
            "id": "OSV-2026-1",
            "summary": "bad",
            "details": "",
            "affected": [{"package": asked["package"]}],
        }
        body = json.dumps({"vulns": [bad]} if name == self.server.vulnerable else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        pass


@pytest.fixture
def advisories() -> Iterator[_Advisories]:
    with _Advisories() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _audit(service: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    return subprocess.run(
        # The environment that runs this test is the one that make would install first.
        ["make", "--no-print-directory", "--assume-old=.venv/dev/.stamp", "audit"],
        cwd=ROOT,
        env={**environment, "PIP_AUDIT_OSV_URL": service, "PIP_AUDIT_LOGLEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_lock_is_audited_and_passes_when_nothing_is_known(advisories: _Advisories) -> None:
    outcome = _audit(f"http://127.0.0.1:{advisories.server_port}")

    assert outcome.returncode == 0, outcome.stderr
    assert [line for line in outcome.stdout.splitlines() if line.startswith("·")] == [
        f"· {lock}" for lock in LOCKS
    ]
    # One package that only that lock has, for each.
    assert {"uv", "argon2-cffi", "uvicorn", "ministack", "locust", "checkov", "ruff"} <= advisories.asked


def test_a_vulnerable_package_fails_the_audit_which_still_looks_at_the_other_locks(
    advisories: _Advisories,
) -> None:
    advisories.vulnerable = "argon2-cffi"

    outcome = _audit(f"http://127.0.0.1:{advisories.server_port}")

    assert outcome.returncode != 0
    assert "OSV-2026-1" in outcome.stdout
    assert "ministack" in advisories.asked


def test_without_the_network_the_audit_fails_and_names_every_lock() -> None:
    outcome = _audit("http://127.0.0.1:9")

    assert outcome.returncode != 0
    last = next(line for line in outcome.stderr.splitlines() if line.startswith("Vulnerable"))
    assert all(f" {lock}" in last for lock in LOCKS)


def test_a_package_that_cannot_be_looked_up_is_no_package_without_faults() -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "--assume-old=.venv/dev/.stamp", "audit"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "/pip-audit --strict " in shown.stdout
    assert "--ignore-vuln" not in shown.stdout
