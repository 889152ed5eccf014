"""The routes of health and of the documentation; all are public and touch no user's data."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from greenroom.gateway.answers import Content, Ok, Unready
from greenroom.gateway.headers import PAGE_POLICY
from greenroom.gateway.routes import PUBLIC, Limit, Routes
from greenroom.shapes import View
from greenroom.telemetry.health import CheckResult, HealthChecks

routes = Routes("health")

_SITE = Path(__file__).parent / "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthApp:
    """What the routes work with."""

    checks: HealthChecks
    stage: str
    version: str


class Liveness(View):
    """The process runs."""

    status: Literal["ok"] = "ok"


class CheckView(View):
    """How one check went."""

    name: str
    status: Literal["ok", "failing"]
    milliseconds: float


class Readiness(View):
    """Whether requests can be served, and each check."""

    status: Literal["ok", "failing"]
    checks: list[CheckView]


class Summary(View):
    """The system at a glance."""

    status: Literal["ok", "failing"]
    version: str
    stage: str
    response_ms: float


def _ready(results: list[CheckResult]) -> bool:
    return all(result.ok for result in results if result.critical)


@routes.route("GET", "/health", access=PUBLIC, limit=Limit.NONE)
def show_health(app: HealthApp) -> Unready[Summary]:
    """Show whether the system is well; 503 when a critical check fails."""
    started = time.perf_counter()
    ready = _ready(app.checks.run())
    return Unready(
        ready=ready,
        body=Summary(
            status="ok" if ready else "failing",
            version=app.version,
            stage=app.stage,
            response_ms=round((time.perf_counter() - started) * 1000, 1),
        ),
    )


@routes.route("GET", "/health/live", access=PUBLIC, limit=Limit.NONE)
def show_liveness() -> Ok[Liveness]:
    """Show that the process runs; touches nothing."""
    return Ok(body=Liveness())


@routes.route("GET", "/health/ready", access=PUBLIC, limit=Limit.NONE)
def show_readiness(app: HealthApp) -> Unready[Readiness]:
    """Show whether requests can be served; 503 names the check that fails."""
    results = app.checks.run()
    ready = _ready(results)
    return Unready(
        ready=ready,
        body=Readiness(
            status="ok" if ready else "failing",
            checks=[
                CheckView(
                    name=result.name,
                    status="ok" if result.ok else "failing",
                    milliseconds=result.milliseconds,
                )
                for result in results
            ],
        ),
    )


@cache
def _asset(name: str) -> bytes:
    return (_SITE / name).read_bytes()


def _page(name: str, content_type: str) -> Content:
    return Content(
        content=_asset(name),
        content_type=content_type,
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"},
    )


@routes.route("GET", "/openapi.json", access=PUBLIC, limit=Limit.NONE, produces="application/json")
def show_openapi() -> Content:
    """Give this document."""
    return _page("openapi.json", "application/json")


@routes.route("GET", "/docs", access=PUBLIC, limit=Limit.NONE, produces="text/html")
def show_docs() -> Content:
    """Show the documentation; all its parts come from here."""
    return _page("docs.html", "text/html")


@routes.route("GET", "/docs/docs.js", access=PUBLIC, limit=Limit.NONE, produces="text/javascript")
def show_docs_script() -> Content:
    """Give the documentation's script."""
    return _page("docs.js", "text/javascript")


@routes.route("GET", "/docs/docs.css", access=PUBLIC, limit=Limit.NONE, produces="text/css")
def show_docs_style() -> Content:
    """Give the documentation's style."""
    return _page("docs.css", "text/css")
