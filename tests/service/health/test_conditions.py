"""Each thing that can go wrong, caused for real, and what every endpoint says of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from greenroom.aws.client import Call, Document
from local.emulator import Emulator
from tests.service.health.world import CacheOf, World, world
from tests.support.emulator import EXECUTABLE, RunningEmulator

PATHS = ("/health", "/health/live", "/health/ready", "/health/database", "/health/cache", "/health/external")
TABLES = ["table_identity", "table_catalog", "table_bookings", "table_limits"]
WELL: tuple[int, str, list[str]] = (200, "ok", [])


def seen(running: World) -> dict[str, tuple[int, str, list[str]]]:
    """Return what each public endpoint says: its status, its word, and the names of what is not well."""
    found = {}
    for path in PATHS:
        answer = running.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        bad = [check["name"] for check in answer.body.get("checks", []) if check["status"] != "ok"]
        found[path] = (answer.status, answer.body["status"], bad)
    return found


def expected(**shown: tuple[int, str, list[str]]) -> dict[str, tuple[int, str, list[str]]]:
    """Return that all is well but for what is named by the last part of its path."""
    return {path: shown.get(path.rpartition("/")[2], WELL) for path in PATHS}


def _nothing(_running: World) -> None:
    """All is well."""


CONDITIONS: dict[str, tuple[Callable[[World], None], dict[str, tuple[int, str, list[str]]]]] = {
    "nothing": (_nothing, expected()),
    "a dead table": (
        lambda running: running.drop_table("bookings"),
        expected(
            health=(503, "failing", []),
            ready=(503, "failing", ["table_bookings"]),
            database=(503, "failing", ["table_bookings"]),
        ),
    ),
    "the table of the catalogue's versions is dead": (
        lambda running: running.drop_table("catalog"),
        expected(
            health=(503, "failing", []),
            ready=(503, "failing", ["table_catalog"]),
            database=(503, "failing", ["table_catalog"]),
        ),
    ),
    "the provider takes connections and says nothing": (
        lambda running: running.hang_provider(),
        expected(external=(200, "degraded", ["payment_provider"])),
    ),
    "the cache is behind": (
        lambda running: running.compose(CacheOf(cached=6)),
        expected(cache=(200, "degraded", ["catalog_cache"])),
    ),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_shown_in_its_own_endpoints_and_in_no_other(running: World, condition: str) -> None:
    cause, told = CONDITIONS[condition]
    cause(running)

    assert seen(running) == told
    check_details(running, told)


def test_when_no_service_of_the_cloud_answers_that_is_told_of_each(tmp_path: Path) -> None:
    emulator = Emulator(EXECUTABLE, tmp_path, persist=False)
    emulator.start()
    try:
        with world(RunningEmulator(emulator.url)) as running:
            assert seen(running) == expected()
            check_details(running, expected())  # and from now on the monitor's token is known

            emulator.stop()
            running.pass_time()

            told = expected(
                health=(503, "failing", []),
                ready=(503, "failing", TABLES),
                database=(503, "failing", TABLES),
                external=(200, "degraded", ["mail"]),
            )
            assert seen(running) == told
            check_details(running, told)
    finally:
        emulator.stop()


def check_details(running: World, told: dict[str, tuple[int, str, list[str]]]) -> None:
    """Assert that the details name what the public endpoints do, and nothing else."""
    details = running.get("/health/detailed", token=running.functions.monitoring_token)
    bad = {check["name"]: check["status"] for check in details.body["checks"] if check["status"] != "ok"}
    assert bad.keys() == {name for _, _, names in told.values() for name in names}
    assert details.status == (503 if "failing" in bad.values() else 200)
    assert details.headers["Cache-Control"] == "no-store"


def test_a_table_that_dies_and_returns_is_seen_both_times(running: World) -> None:
    before = running.get("/health/ready").status

    client: Any = running.functions.tables.client

    def refuse(call: Call, proceed: Callable[[], Document]) -> Document:
        if call.operation == "GetItem":
            raise EndpointConnectionError(endpoint_url="https://service.test")
        return proceed()

    client.middleware.append(refuse)
    running.pass_time()
    during = running.get("/health/ready").status
    client.middleware.remove(refuse)
    running.pass_time()

    assert (before, during, running.get("/health/ready").status) == (200, 503, 200)


def test_a_flood_of_questions_reads_each_table_once(running: World) -> None:
    frozen = running.now()
    running.now = lambda: frozen  # type: ignore[method-assign]
    running.compose()
    reads: list[str] = []
    client: Any = running.functions.tables.client

    def watch(call: Call, proceed: Callable[[], Document]) -> Document:
        reads.append(call.operation)
        return proceed()

    client.middleware.append(watch)

    for _ in range(50):
        assert running.get("/health/ready").status == 200
        assert running.get("/health/database").status == 200

    assert len(reads) == len(TABLES)


@pytest.mark.parametrize(("status", "word"), [(404, "ok"), (401, "ok"), (302, "ok"), (500, "degraded")])
def test_any_answer_but_a_fault_of_its_own_shows_that_the_provider_is_there(
    running: World, status: int, word: str
) -> None:
    running.answer_as_provider(status)

    assert running.get("/health/external").body["status"] == word


def test_a_service_that_files_come_from_is_checked_where_one_is_named(running: World) -> None:
    running.environment.setenv("CDN_URL", running.environment_value("PAYMENT_API_URL"))
    running.compose()

    names = [check["name"] for check in running.get("/health/external").body["checks"]]

    assert names == ["mail", "payment_provider", "cdn"]


def test_the_cache_shows_the_version_that_the_table_has(running: World) -> None:
    before = running.get("/health/cache").body
    running.functions.add_celebrity("agent")
    running.pass_time()

    after = running.get("/health/cache").body

    assert (before["stored_version"], before["cached_version"]) == (0, 0)
    assert (after["stored_version"], after["cached_version"]) == (1, 1)
