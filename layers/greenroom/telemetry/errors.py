"""Error reports: what goes wrong, told to those who must mend it, without a word of what users sent.

Every function here does nothing until ``configure`` was called with a DSN. None of them raises, and none
waits but ``flush`` and the end of a ``request_scope`` in which something was captured.
"""

import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from greenroom.refusals import Refusal
from greenroom.settings import Settings

from . import grouping, lifecycle
from .rate_guard import RateGuard
from .situation import Situation, current

if TYPE_CHECKING:
    from .sentry import Level, Reporter

Category = Literal["business", "security", "performance", "unexpected"]

FLUSH_SECONDS = 0.5
"""By how much a report may delay an answer."""
LAST_FLUSH_SECONDS = 0.3
"""How long what is unsent may take when the process ends or is about to be ended."""

_LEVELS: "Mapping[str, Level]" = {"INFO": "info", "WARN": "warning", "CRITICAL": "error"}
_ROLE = re.compile(r"[a-z]{1,20}")
_NOTHING = nullcontext()


@dataclass(slots=True)
class _State:
    """What is configured for this process."""

    settings: Settings | None = None
    reporter: "Reporter | None" = None
    """Made for the first report or trace: ask ``_reporter``."""
    errors: RateGuard = field(default_factory=lambda: RateGuard(10, 60))
    slowness: RateGuard = field(default_factory=lambda: RateGuard(1, 60))

    @property
    def reports(self) -> bool:
        """Whether anything is reported to anybody."""
        settings = self.settings
        return self.reporter is not None or (settings is not None and settings.sentry_dsn is not None)


_state = _State()
_making = threading.Lock()


def configure(settings: Settings) -> None:
    """Report to where the settings say; without a DSN the SDK is never imported.

    With one it is imported for the first report or trace: a start in which nothing fails, and most are, is
    shorter by it. Where nobody waits for the start it is imported at once.

    Called again with the same settings it changes nothing: on one machine all functions share a process.
    """
    if _state.reports and _same(settings, _state.settings):
        return
    if _state.reporter is not None:
        _state.reporter.close()
    _state.settings, _state.reporter = settings, None
    _state.errors, _state.slowness = RateGuard(10, 60), RateGuard(1, 60)
    if _state.reports:
        lifecycle.at_shutdown(_last_words)
        if lifecycle.is_prewarmed():
            _reporter()


def _reporter() -> "Reporter | None":
    """Return what reports; the SDK is loaded now if it was not. None where nothing is reported."""
    settings = _state.settings
    if _state.reporter is None and settings is not None and settings.sentry_dsn is not None:
        with _making:
            if _state.reporter is None:
                from .sentry import Reporter

                _state.reporter = Reporter(settings)
    return _state.reporter


def _same(one: Settings, other: Settings | None) -> bool:
    return other is not None and all(
        getattr(one, name) == getattr(other, name) for name in Settings.model_fields
    )


def request_scope(*, function: str, route: str, request_id: str) -> AbstractContextManager[None]:
    """Return a scope in which what is captured belongs to this request.

    At its end a slow request is reported, and what was captured leaves before the process may be frozen.
    """
    return _served(Situation(function, route, request_id)) if _state.reports else _NOTHING


@contextmanager
def _served(situation: Situation) -> Iterator[None]:
    token, started = current.set(situation), time.perf_counter()
    situation.leave("route", situation.route, {"function": situation.function})
    try:
        with _traced(situation):
            yield
    finally:
        if _state.settings is not None:
            taken = (time.perf_counter() - started) * 1000
            capture_performance_issue(
                "slow_request", milliseconds=taken, threshold=_state.settings.slow_request_ms
            )
        current.reset(token)
        if situation.reported:
            flush(FLUSH_SECONDS)


def _traced(situation: Situation) -> AbstractContextManager[None]:
    """Trace a request if it is drawn. One that is not costs a random number and sends nothing."""
    rate = _state.settings.sentry_traces_sample_rate if _state.settings is not None else 0.0
    if random.random() < rate:  # noqa: S311 - which requests are traced is no secret
        with suppress(Exception):  # a request goes on without its trace
            if (reporter := _reporter()) is not None:
                return reporter.traced(situation)
    return _NOTHING


def set_user(user_id: str, role: str) -> None:
    """Say who makes the request: an id and a role, and nothing else of a person."""
    situation = current.get()
    if situation is not None:
        situation.user_id, situation.role = user_id, str(role)


def add_breadcrumb(category: str, message: str, **data: Any) -> None:
    """Note a step of the request: ``category`` and data are of the kinds that ``scrub`` names."""
    situation = current.get()
    if situation is not None:
        situation.leave(category, message, data)


def table_breadcrumb(operation: str, table: str, milliseconds: float) -> None:
    """Note a call to a table, by what the table is for; a slow one is reported. Keys have no place here."""
    if _state.settings is not None:
        role = table.rpartition("-")[2]
        role = role if _ROLE.fullmatch(role) else "other"
        limit = _state.settings.slow_table_call_ms
        _call("table", operation, milliseconds, limit, {"operation": operation, "table": role})


def provider_breadcrumb(provider: str, operation: str, milliseconds: float) -> None:
    """Note a call to somebody else's service; a slow one is reported."""
    if _state.settings is not None:
        limit = _state.settings.slow_provider_call_ms
        _call("provider", operation, milliseconds, limit, {"operation": operation, "provider": provider})


@contextmanager
def provider_call(provider: str, operation: str) -> Iterator[None]:
    """Note a call to somebody else's service, however it ends."""
    started = time.perf_counter()
    try:
        yield
    finally:
        provider_breadcrumb(provider, operation, (time.perf_counter() - started) * 1000)


def _call(kind: str, name: str, milliseconds: float, threshold: float, data: dict[str, Any]) -> None:
    situation, reporter = current.get(), _state.reporter
    if situation is None:
        return
    situation.leave(kind, name, {**data, "milliseconds": round(milliseconds, 1)})
    if reporter is not None and situation.trace is not None:
        reporter.span(situation, kind, name, milliseconds)
    capture_performance_issue(f"slow_{kind}_call", milliseconds=milliseconds, threshold=threshold, **data)


def capture_exception(
    error: BaseException,
    *,
    category: Category = "unexpected",
    fingerprint: Sequence[str] | None = None,
    **circumstances: Any,
) -> None:
    """Report an error. What a caller did wrong is no error: a refusal below 500 is never reported.

    Ten of a kind a minute are reported, and how many were not is told with the next one.
    """
    if isinstance(error, Refusal) and error.status < 500:
        return
    kind = tuple(fingerprint or grouping.fingerprint(error))
    _report(_state.errors, kind, category, "error", circumstances, error=error, code=grouping.code_of(error))


def capture_security_event(event: str, severity: str, **circumstances: Any) -> None:
    """Report a security event by its name; ``severity`` as in the log: INFO, WARN or CRITICAL."""
    level = _LEVELS.get(severity, "error")
    circumstances["severity"] = severity
    _report(_state.errors, ("security", event), "security", level, circumstances, message=event)


def capture_performance_issue(
    name: str, *, milliseconds: float, threshold: float, **circumstances: Any
) -> None:
    """Report what took longer than ``threshold`` milliseconds, once a minute for each name."""
    if milliseconds > threshold:
        circumstances |= {"milliseconds": round(milliseconds, 1), "threshold": threshold}
        kind = (name, str(circumstances.get("operation", "")), str(circumstances.get("table", "")))
        _report(_state.slowness, kind, "performance", "warning", circumstances, message=name, counted=(name,))


def _report(
    guard: RateGuard,
    kind: tuple[str, ...],
    category: Category,
    level: "Level",
    circumstances: dict[str, Any],
    *,
    error: BaseException | None = None,
    message: str = "",
    code: str = "",
    counted: tuple[str, ...] | None = None,
) -> None:
    situation = current.get()
    if not _state.reports or (dropped := guard.admit(counted or kind)) is None:
        return
    tags = {"category": category, "code": code}
    if situation is not None:
        tags |= {"function": situation.function, "route": situation.route, "role": situation.role}
        circumstances.setdefault("request_id", situation.request_id)
        situation.reported = True
    # The log has the fault already; a report of it must never be one.
    with suppress(Exception):
        if (reporter := _reporter()) is None:
            return
        reporter.report(
            situation,
            level=level,
            fingerprint=kind,
            tags={name: value for name, value in tags.items() if value},
            circumstances={**circumstances, "dropped": dropped or None},
            error=error,
            message=message,
        )


def _last_words() -> None:
    flush(LAST_FLUSH_SECONDS)


def flush(seconds: float = FLUSH_SECONDS) -> None:
    """Wait until reports have left, at most so many seconds."""
    if _state.reporter is not None:
        _state.reporter.flush(seconds)
