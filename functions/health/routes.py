"""The routes of health: public ones for those who watch from outside, one with everything for our own.

An endpoint answers 503 when a critical check of its own fails, and names it. What is not critical makes it
`degraded` with 200: requests are served, and who watches reads the status.
"""

import platform
import time

from greenroom.gateway.answers import Ok, Unready
from greenroom.gateway.routes import MONITORING, PUBLIC, Limit
from greenroom.telemetry import invocations, metrics, usage
from greenroom.telemetry.health import CheckResult, Group, overall

from . import metrics_routes, site_routes
from .table import HealthApp, routes
from .views import (
    CacheChecked,
    CacheView,
    Checked,
    Detailed,
    Liveness,
    SandboxView,
    Summary,
    check_view,
    detailed_check_view,
)

__all__ = ["HealthApp", "metrics_routes", "routes", "site_routes"]


def _checked(results: list[CheckResult]) -> Unready[Checked]:
    status = overall(results)
    return Unready(
        ready=status != "failing", body=Checked(status=status, checks=list(map(check_view, results)))
    )


@routes.route("GET", "/health", access=PUBLIC, limit=Limit.NONE)
def show_health(app: HealthApp) -> Unready[Summary]:
    """Show whether the system is well; 503 when a critical check fails."""
    started = time.perf_counter()
    status = overall(app.checks.run(critical_only=True))
    return Unready(
        ready=status != "failing",
        body=Summary(status=status, version=app.version, stage=app.stage, response_ms=_milliseconds(started)),
    )


@routes.route("GET", "/health/live", access=PUBLIC, limit=Limit.NONE)
def show_liveness() -> Ok[Liveness]:
    """Show that the process runs; touches nothing."""
    return Ok(body=Liveness())


@routes.route("GET", "/health/ready", access=PUBLIC, limit=Limit.NONE)
def show_readiness(app: HealthApp) -> Unready[Checked]:
    """Show whether requests can be served: what each of them needs; 503 names the check that fails."""
    return _checked(app.checks.run(critical_only=True))


@routes.route("GET", "/health/database", access=PUBLIC, limit=Limit.NONE)
def show_database(app: HealthApp) -> Unready[Checked]:
    """Show whether every table answers; 503 names the one that does not."""
    return _checked(app.checks.run(Group.DATABASE))


@routes.route("GET", "/health/cache", access=PUBLIC, limit=Limit.NONE)
def show_cache(app: HealthApp) -> Unready[CacheChecked]:
    """Show whether the catalogue's cache works and is current. Without it all goes on, more slowly."""
    results = app.checks.run(Group.CACHE)
    status, figures = overall(results), app.cache.figures
    return Unready(
        ready=status != "failing",
        body=CacheChecked(
            status=status,
            checks=list(map(check_view, results)),
            hit_ratio=app.board.hit_ratio(),
            stored_version=figures.stored_version if figures else None,
            cached_version=figures.cached_version if figures else None,
        ),
    )


@routes.route("GET", "/health/external", access=PUBLIC, limit=Limit.NONE)
def show_external(app: HealthApp) -> Unready[Checked]:
    """Show whether services of others answer in time. Without them one can still look around and log in."""
    return _checked(app.checks.run(Group.EXTERNAL))


@routes.route("GET", "/health/detailed", access=MONITORING, limit=Limit.NONE)
def show_details(app: HealthApp) -> Unready[Detailed]:
    """Show everything: every check, the process that answers, the cache, and the configuration."""
    started = time.perf_counter()
    results = app.checks.run()
    status = overall(results)
    return Unready(
        ready=status != "failing",
        body=Detailed(
            status=status,
            version=app.version,
            stage=app.stage,
            checks=list(map(detailed_check_view, results)),
            sandbox=_sandbox(),
            cache=_cache(app),
            configuration=app.configuration,
            response_ms=_milliseconds(started),
        ),
    )


def _sandbox() -> SandboxView:
    at_hand, cpu = invocations.current(), metrics.latest_cpu_share()
    return SandboxView(
        cold_start=at_hand.cold if at_hand else False,
        uptime_seconds=round(time.time() - usage.STARTED, 1),
        memory_mb=round(usage.most_memory(), 1),
        memory_setting_mb=usage.memory_setting(),
        memory_percent=round(usage.memory_share(), 1),
        cpu_seconds=round(time.process_time(), 2),
        cpu_percent=None if cpu is None else round(cpu, 1),
        python=platform.python_version(),
    )


def _cache(app: HealthApp) -> CacheView:
    figures, ratio = app.cache.figures, app.board.hit_ratio()
    return CacheView(
        hit_ratio=ratio,
        backend=figures.backend if figures else None,
        entries=figures.entries if figures else None,
        hits=figures.hits if figures else None,
        misses=figures.misses if figures else None,
        stored_version=figures.stored_version if figures else None,
        cached_version=figures.cached_version if figures else None,
    )


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
