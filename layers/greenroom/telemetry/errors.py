"""Error reports: unexpected errors, security events and slow operations go to Sentry.

Without a DSN no function does anything. No function raises. Only ``flush`` waits, and the end of a
``request_scope`` in which something was reported.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from greenroom.refusals import Refusal
from greenroom.settings import Settings

from . import grouping, lifecycle, scrub
from .rate_guard import RateGuard

FLUSH_SECONDS = 0.5  # the longest delay of an answer
LAST_FLUSH_SECONDS = 0.3  # the same for the report of a time-out


@dataclass(slots=True)
class _State:
    settings: Settings | None = None  # None while nothing is reported
    sdk: Any = None  # ``sentry_sdk``, once it is initialised
    steps: list[Callable[[Any], object]] = field(default_factory=list)  # of this request, until then
    errors: RateGuard = field(default_factory=lambda: RateGuard(10, 60))
    slowness: RateGuard = field(default_factory=lambda: RateGuard(1, 60))
    waits_from: float = 0.0  # no flush waits before, on the monotonic clock


_state = _State()


def configure(settings: Settings) -> None:
    """Report where a DSN is set; on one machine all functions share a process and call this."""
    global _state  # noqa: PLW0603
    if any(getattr(settings, name) != getattr(_state.settings, name, None) for name in Settings.model_fields):
        _state = _State(settings if settings.sentry_dsn else None)
        if settings.sentry_dsn and not lifecycle.is_on_demand():
            _load()


def _load() -> Any:
    """Initialise the SDK: in init, or on demand for the first report or trace."""
    if _state.sdk is None and _state.settings is not None:
        from . import sentry  # noqa: PLC0415 - saves a start 110 modules: on demand, and without a DSN

        _state.sdk = sentry.initialise(_state.settings)
        lifecycle.at_shutdown(flush)
        for step in _state.steps:
            step(_state.sdk)
    return _state.sdk


def _step(step: Callable[[Any], object]) -> None:
    """Give a step of the request to the SDK; keep it until the SDK is initialised."""
    if _state.sdk is not None:
        step(_state.sdk)
    elif _state.settings is not None:
        _state.steps.append(step)
        del _state.steps[10:-90]  # of many steps the SDK keeps no more


@contextmanager
def request_scope(*, function: str, route: str, request_id: str, received: object = None) -> Iterator[None]:
    """Give one request its own scope and trace id. No text of ``received`` leaves in an error's message.

    At the end a slow request is reported, and reports leave before Lambda freezes the process.
    """
    if _state.settings is None:
        yield
        return
    token, started, slow = scrub.received.set(received), time.perf_counter(), _state.settings.slow_request_ms
    _state.steps.clear()
    sampled = random.random() < _state.settings.sentry_traces_sample_rate  # noqa: S311 - no secret
    sdk = _load() if sampled else _state.sdk
    with sdk.isolation_scope() if sdk else nullcontext():
        _step(lambda sdk: _begin(sdk.get_isolation_scope(), function, route, request_id))
        add_breadcrumb("route", route, function=function)
        try:
            with _transaction(route, _state.settings.sentry_traces_sample_rate) if sampled else nullcontext():
                yield
        finally:
            taken = (time.perf_counter() - started) * 1000
            capture_performance_issue("slow_request", milliseconds=taken, threshold=slow)
            if _state.sdk and _state.sdk.last_event_id():
                flush(FLUSH_SECONDS)
            if _state.sdk and sdk is None:  # initialised meanwhile: the scope is the process's
                _state.sdk.get_isolation_scope().clear()
            scrub.received.reset(token)


def _begin(scope: Any, function: str, route: str, request_id: str) -> None:
    scope.clear()
    scope.set_new_propagation_context()  # a trace id that no header of the request chooses
    scope.set_transaction_name(route, source="route")
    scope.set_tags({"function": function, "route": route})
    scope.set_context("invocation", {"request_id": request_id})


@contextmanager
def _transaction(route: str, rate: float) -> Iterator[None]:
    trace = _state.sdk.start_transaction(op="function", name=route, source="route", sampled=True)
    trace.sample_rate = rate  # what one trace counts for
    with trace:
        yield
        trace.set_status("internal_error" if _state.sdk.last_event_id() else "ok")


def set_user(user_id: str, role: str) -> None:
    """Set the user of the request: an id and a role, and nothing else of a person."""
    _step(lambda sdk: sdk.set_user({"id": user_id, "role": role}))
    _step(lambda sdk: sdk.set_tag("role", role))


def add_breadcrumb(category: str, message: str, **data: Any) -> None:
    """Record a step of the request. ``scrub`` lists the categories and the names of data that leave."""
    crumb = {"category": category, "message": message, "data": data, "timestamp": datetime.now(UTC)}
    _step(lambda sdk: sdk.add_breadcrumb(crumb))


def table_breadcrumb(operation: str, table: str, milliseconds: float) -> None:
    """Record a call to a table by the table's purpose, without keys; a slow call is reported."""
    purpose = table.rpartition("-")[2]
    _record_call("table", milliseconds, operation=operation, table=purpose if purpose.isalpha() else "other")


def provider_breadcrumb(provider: str, operation: str, milliseconds: float) -> None:
    """Record a call to an external service; a slow call is reported."""
    _record_call("provider", milliseconds, operation=operation, provider=provider)


@contextmanager
def provider_call(provider: str, operation: str) -> Iterator[None]:
    """Record a call to an external service, also one that fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        provider_breadcrumb(provider, operation, (time.perf_counter() - started) * 1000)


def _record_call(kind: str, milliseconds: float, *, operation: str, **data: str) -> None:
    if _state.settings is None:
        return
    add_breadcrumb(kind, operation, operation=operation, **data, milliseconds=round(milliseconds, 1))
    span, now = _state.sdk.get_current_span() if _state.sdk else None, time.time()
    if span is not None and span.sampled:
        call = span.start_child(op=kind, name=operation, start_timestamp=now - milliseconds / 1000)
        call.finish(end_timestamp=now)
    name, limit = f"slow_{kind}_call", getattr(_state.settings, f"slow_{kind}_call_ms")
    capture_performance_issue(name, milliseconds=milliseconds, threshold=limit, operation=operation, **data)


def capture_exception(error: BaseException, **circumstances: Any) -> None:
    """Report an error ten times a minute for each kind; an expected refusal, below 500, is never reported."""
    if not isinstance(error, Refusal) or error.status >= 500:
        _report(error, grouping.fingerprint(error), "unexpected", "error", circumstances)


def capture_security_event(event: str, severity: str, **circumstances: Any) -> None:
    """Report a security event by its name; ``severity`` as in the log: INFO, WARN or CRITICAL."""
    level = {"INFO": "info", "WARN": "warning"}.get(severity, "error")
    _report(event, ("security", event), "security", level, {**circumstances, "severity": severity})


def capture_performance_issue(name: str, *, milliseconds: float, threshold: float, **about: Any) -> None:
    """Report what took longer than ``threshold`` milliseconds, once a minute for each name."""
    if milliseconds > threshold:
        about |= {"milliseconds": round(milliseconds, 1), "threshold": threshold}
        kind = (name, str(about.get("operation", "")), str(about.get("table", "")))
        _report(name, kind, "performance", "warning", about)


def _report(what: BaseException | str, kind: Sequence[str], category: str, level: str, about: Any) -> None:
    dropped = _state.slowness.admit(kind[0]) if category == "performance" else _state.errors.admit(kind)
    if _state.settings is None or dropped is None:
        return
    with suppress(Exception):  # the log has the fault; a failure to report it must not become another one
        sdk = _load()
        with sdk.new_scope() as scope:
            scope.set_level(level)
            scope.fingerprint = list(kind)
            scope.set_tags({"category": category, "code": grouping.code_of(what)})
            scope.set_context("circumstances", {**about, "dropped": dropped or None})
            (sdk.capture_message if isinstance(what, str) else sdk.capture_exception)(what)


def flush(seconds: float = FLUSH_SECONDS) -> None:
    """Wait at most this long until reports have left; for a minute after a wait in vain do not wait."""
    started = time.monotonic()
    if _state.sdk and started >= _state.waits_from:
        _state.sdk.flush(timeout=seconds)
        if time.monotonic() - started >= seconds:
            _state.waits_from = time.monotonic() + 60
