"""Health endpoints tell who watches what is well, each its own part, and nothing of what is inside."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from functions.health.board import Board
from functions.health.cache_check import CacheCheck
from functions.health.routes import HealthApp, routes
from functions.health.views import ConfigurationView
from greenroom.catalog.cache_health import CacheFigures
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.routes import Limit
from greenroom.telemetry.health import Group, HealthChecks
from greenroom.telemetry.logs import add_sink, remove_sink

CONFIGURATION = ConfigurationView(
    log_level="INFO",
    log_sample_rate=0,
    rate_limits="on",
    cors_origins=[],
    tables={},
    mail_domain="a.test",
    payment_host="pay.test",
    cdn_host=None,
    metrics_keep_seconds=60,
)
PUBLIC = {
    "/health": None,
    "/health/ready": ["table_a", "table_b"],
    "/health/database": ["table_a", "table_b"],
    "/health/cache": ["catalog_cache"],
    "/health/external": ["mail", "payment_provider"],
}
"""The names that each endpoint shows."""


def _fail() -> None:
    raise ConnectionError("hunter2 at 10.0.0.1")


@dataclass
class FakeCache:
    """A cache with these versions; ``broken`` is raised by its probe."""

    stored: int = 7
    cached: int | None = 7
    broken: Exception | None = None
    probes: int = 0

    def probe(self) -> None:
        self.probes += 1
        if self.broken:
            raise self.broken

    def figures(self) -> CacheFigures:
        return CacheFigures(
            backend="memory",
            entries=1,
            bytes=100,
            hits=5,
            misses=2,
            errors=0,
            ratio=5 / 7,
            stored_version=self.stored,
            cached_version=self.cached,
        )


def _unreachable() -> Any:
    raise ConnectionError("hunter2 at 10.0.0.2")


def app(*, failing: tuple[str, ...] = (), cache: FakeCache | None = None) -> HealthApp:
    """Return the services: two tables, a cache, two services of others, and no CloudWatch."""
    checks = HealthChecks()

    def add(name: str, group: Group, *, critical: bool = False, check: Callable[[], None]) -> None:
        probe = _fail if name in failing else check
        checks.register_health_check(name, probe, critical=critical, timeout=20, group=group)

    for name in ("table_a", "table_b"):
        add(name, Group.DATABASE, critical=True, check=lambda: None)
    probed = cache or FakeCache()
    checked = CacheCheck(lambda: probed, table_well=lambda: checks.well("table_a"))
    add("catalog_cache", Group.CACHE, check=checked)
    for name in ("mail", "payment_provider"):
        add(name, Group.EXTERNAL, check=lambda: None)
    board = Board(_unreachable, "test", keep=60)
    return HealthApp(
        checks=checks,
        cache=checked,
        board=board,
        configuration=CONFIGURATION,
        stage="test",
        version="1.2.3",
    )


def ask(services: HealthApp, path: str) -> tuple[int, Any, Mapping[str, str]]:
    function = Function(routes, lambda: Composition(app=services))
    lines: list[dict[str, Any]] = []
    add_sink(lines.append)
    try:
        answer = function({"httpMethod": "GET", "resource": path})
    finally:
        remove_sink(lines.append)
    assert "hunter2" not in answer["body"]
    assert "hunter2" not in str(lines)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_liveness_asks_nobody() -> None:
    status, body, headers = ask(app(failing=("table_a", "table_b", "mail")), "/health/live")

    assert (status, body) == (200, {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "names"), PUBLIC.items())
def test_an_endpoint_shows_its_own_checks_by_name_status_and_time_and_is_never_kept(
    path: str, names: list[str] | None
) -> None:
    status, body, headers = ask(app(), path)

    assert (status, body["status"]) == (200, "ok")
    assert headers["Cache-Control"] == "no-store"
    if names is not None:
        assert [check["name"] for check in body["checks"]] == names
        assert all(check.keys() == {"name", "status", "milliseconds"} for check in body["checks"])


STATUSES = {
    "table_b": {"/health": 503, "/health/ready": 503, "/health/database": 503},
    "catalog_cache": {"/health/cache": 200},
    "mail": {"/health/external": 200},
    "payment_provider": {"/health/external": 200},
}
"""What fails, and the endpoints that show it with their status."""


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("failing", STATUSES)
def test_what_fails_is_shown_where_it_belongs_and_nowhere_else(failing: str, path: str) -> None:
    status, body, headers = ask(app(failing=(failing,)), path)

    shown = STATUSES[failing].get(path)
    word = {503: "failing", 200: "degraded", None: "ok"}[shown]
    assert (status, body["status"]) == (shown or 200, word)
    assert headers["Content-Type"] == "application/json"
    if path != "/health":
        bad = [check["name"] for check in body["checks"] if check["status"] != "ok"]
        assert bad == ([failing] if shown else [])


def test_the_summary_tells_version_and_stage() -> None:
    _, body, _ = ask(app(), "/health")

    assert body.keys() == {"status", "version", "stage", "response_ms"}
    assert (body["version"], body["stage"]) == ("1.2.3", "test")


def test_a_stale_cache_shows_by_how_much() -> None:
    cache = FakeCache(stored=9, cached=7, broken=RuntimeError("hunter2"))

    status, body, _ = ask(app(cache=cache), "/health/cache")

    assert (status, body["status"]) == (200, "degraded")
    assert (body["stored_version"], body["cached_version"]) == (9, 7)


def test_a_dead_table_is_not_the_caches_fault() -> None:
    cache = FakeCache()

    status, body, _ = ask(app(failing=("table_a",), cache=cache), "/health/cache")

    assert (status, body["status"], cache.probes) == (200, "ok", 0)
    assert (body["stored_version"], body["cached_version"]) == (None, None)


def test_without_figures_of_cloudwatch_the_cache_is_checked_all_the_same() -> None:
    status, body, _ = ask(app(), "/health/cache")

    assert (status, body["status"], body["hit_ratio"]) == (200, "ok", None)


@pytest.mark.parametrize("path", ["/health/detailed", "/metrics", "/metrics/prometheus"])
def test_what_is_inside_is_shown_to_nobody_without_a_token(path: str) -> None:
    status, body, headers = ask(app(), path)

    assert (status, body["code"]) == (401, "unauthenticated")
    assert headers["Cache-Control"] == "no-store"


def test_no_route_has_a_limit_for_nothing_here_could_count_it() -> None:
    assert {route.limit for route in routes} == {Limit.NONE}
