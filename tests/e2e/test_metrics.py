"""From a request over HTTP to a number: in the JSON of ``/metrics``, and in a Prometheus that scrapes it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import free_port
from tests.support.documented import check_answer
from tests.support.system import RunningSystem, running_system

WAIT_SECONDS = 90.0


@pytest.fixture(scope="module")
def watched_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system whose figures are at most a second old."""
    folder = tmp_path_factory.mktemp("metrics") / "data"
    with running_system(folder, environment={"METRICS_KEEP_SECONDS": "1"}) as running:
        yield running


@pytest.fixture
def monitor(watched_system: RunningSystem) -> dict[str, str]:
    """The header of whoever watches."""
    return {"Authorization": f"Bearer {watched_system.demo['monitoring_token']}"}


def figures(system: RunningSystem, monitor: dict[str, str], metric: str) -> dict[str, dict[str, float]]:
    """Return what a metric was in the last five minutes, by service."""
    answer = system.api.get("/metrics", headers=monitor)
    check_answer(answer)
    assert answer.status_code == 200, answer.text
    (found,) = [one for one in answer.json()["metrics"] if one["name"] == metric]
    return {
        series["dimensions"].get("service", ""): series["windows"].get("5m", {}) for series in found["series"]
    }


def test_seven_requests_are_seven_more_in_the_metrics(
    watched_system: RunningSystem, monitor: dict[str, str]
) -> None:
    before = figures(watched_system, monitor, "Latency").get("catalog", {}).get("count", 0)

    for _ in range(7):
        assert watched_system.api.get("/v1/celebrities").status_code == 200

    give_up = time.monotonic() + WAIT_SECONDS
    seen: dict[str, float] = {}
    while time.monotonic() < give_up and seen.get("count", 0) < before + 7:
        seen = figures(watched_system, monitor, "Latency").get("catalog", {})
        time.sleep(0.1)
    assert seen["count"] >= before + 7
    assert 0 < seen["p50"] <= seen["p95"] <= seen["p99"]
    totals = figures(watched_system, monitor, "Latency")
    assert totals[""]["count"] >= totals["catalog"]["count"]


@pytest.mark.parametrize("path", ["/health/detailed", "/metrics", "/metrics/prometheus"])
def test_an_admins_session_and_the_token_open_it_and_nothing_else(
    watched_system: RunningSystem, monitor: dict[str, str], path: str
) -> None:
    asked = {
        "monitor": monitor,
        "admin": watched_system.log_in("admin"),
        "buyer": watched_system.log_in("buyer"),
        "nobody": {},
    }

    answers = {who: watched_system.api.get(path, headers=headers) for who, headers in asked.items()}

    for answer in answers.values():
        check_answer(answer)
        assert answer.headers["cache-control"] == "no-store"
    assert {who: answer.status_code for who, answer in answers.items()} == {
        "monitor": 200,
        "admin": 200,
        "buyer": 403,
        "nobody": 401,
    }


@pytest.mark.parametrize(
    "path",
    ["/health", "/health/live", "/health/ready", "/health/database", "/health/cache", "/health/external"],
)
def test_the_public_endpoints_are_as_documented(watched_system: RunningSystem, path: str) -> None:
    answer = watched_system.api.get(path)

    check_answer(answer)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@contextmanager
def prometheus(folder: Path, scraped: str, token: str) -> Iterator[str]:
    """Run a Prometheus that scrapes the address with the token, and yield its own address."""
    executable = shutil.which("prometheus")
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("prometheus is not installed, and in CI it must be")
        pytest.skip("prometheus is not installed: apt-get install --no-install-recommends prometheus")
    credentials, configuration = folder / "token", folder / "prometheus.yml"
    credentials.touch(mode=0o600)
    credentials.write_text(token)
    job = {
        "job_name": "greenroom",
        "metrics_path": "/metrics/prometheus",
        "scrape_interval": "1s",
        "authorization": {"credentials_file": str(credentials)},
        "static_configs": [{"targets": [scraped]}],
    }
    configuration.write_text(json.dumps({"scrape_configs": [job]}))  # which is YAML too
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                executable,
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def ask_prometheus(address: str, query: str) -> list[dict[str, Any]]:
    """Return the series of an instant query, none while there is no Prometheus yet."""
    try:
        answer = httpx.get(f"{address}/api/v1/query", params={"query": query}, trust_env=False)
    except httpx.TransportError:
        return []
    found: list[dict[str, Any]] = answer.json()["data"]["result"] if answer.status_code == 200 else []
    return found


def test_a_real_prometheus_scrapes_it_and_answers_questions_about_it(
    watched_system: RunningSystem, tmp_path: Path
) -> None:
    for _ in range(7):
        watched_system.api.get("/v1/celebrities")
    token: str = watched_system.demo["monitoring_token"]
    query = 'greenroom_latency_samples{service="catalog", window="5m"} >= 7'

    with prometheus(tmp_path, watched_system.base_url.removeprefix("http://"), token) as address:
        give_up = time.monotonic() + WAIT_SECONDS
        found: list[dict[str, Any]] = []
        while not found and time.monotonic() < give_up:
            found = ask_prometheus(address, query)
            time.sleep(0.2)
        up = ask_prometheus(address, 'up{job="greenroom"}')
        quantiles = ask_prometheus(
            address, 'greenroom_latency_milliseconds{service="catalog", window="5m", quantile="0.95"}'
        )
        metadata = httpx.get(
            f"{address}/api/v1/metadata", params={"metric": "greenroom_server_errors"}, trust_env=False
        ).json()

    log = (tmp_path / "prometheus.log").read_text()
    assert found, log[-2000:]
    assert [one["value"][1] for one in up] == ["1"]
    assert len(quantiles) == 1
    assert float(quantiles[0]["value"][1]) > 0
    assert metadata["status"] == "success"
    assert token not in log
