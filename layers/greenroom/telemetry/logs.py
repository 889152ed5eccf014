"""The one place that writes log lines: JSON, one line each, by category, through Powertools Logger.

Lines never hold what a user typed: no address, token, password or body. A successful request writes
exactly one line, ``category: "request"``, which carries its metrics too; what happened to the business on
the way is told in that line. What goes without saying is not said: that the process was warm, that nobody
was logged in, a correlation id that is the request's own, a message that repeats the category or the event.
The id of a trace is in its request's own line alone. Below INFO, which one invocation in a hundred reaches
in production, each table call has a line.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

from aws_lambda_powertools import Logger

from . import catalogue, emf, errors, invocations, metrics
from .emf import short
from .frames import module_path
from .invocations import Sample

Category = Literal["request", "job", "database", "auth", "security", "business", "health", "error", "metrics"]
Severity = Literal["INFO", "WARN", "CRITICAL"]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Sink = Callable[[dict[str, Any]], None]

SLOW_CALL_MILLISECONDS = 500
"""From here on a table call is worth a warning."""

_LEVELS: dict[Severity, Level] = {"INFO": "INFO", "WARN": "WARNING", "CRITICAL": "CRITICAL"}
_NUMBERS: dict[Level, int] = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}

_sinks: list[Sink] = []


class _Output:
    """Writes to the standard output of the moment, or to the sinks where any is set."""

    def write(self, text: str) -> int:
        if not _sinks:
            return sys.stdout.write(text)
        if text.strip():
            line = json.loads(text)
            for sink in _sinks:
                sink(line)
        return len(text)

    def flush(self) -> None:
        if not _sinks:
            sys.stdout.flush()


def add_sink(sink: Sink) -> None:
    """Send every line to ``sink``, in place of standard output. For the local system and for tests."""
    _sinks.append(sink)


def remove_sink(sink: Sink) -> None:
    """Undo ``add_sink``."""
    _sinks.remove(sink)


def _serialized(line: dict[str, Any]) -> str:
    """Return a line as it is written; a message that only repeats its category or event is left out."""
    if line.get("message") in {line.get("category"), line.get("event")}:
        del line["message"]
    return json.dumps(line, separators=(",", ":"), default=str)


@cache
def _logger() -> Logger:
    # Lambda lets lines of every level through and says so here. Which are written is for LOG_LEVEL to say,
    # which the logger would believe only after this.
    os.environ.pop("AWS_LAMBDA_LOG_LEVEL", None)
    logger = Logger(
        service="greenroom",
        level=os.environ.get("LOG_LEVEL", "INFO"),
        sampling_rate=float(os.environ.get("LOG_SAMPLE_RATE") or 0),
        stream=_Output(),  # type: ignore[arg-type]
        location=None,
        json_serializer=_serialized,
        datefmt="%Y-%m-%dT%H:%M:%S.%FZ",
        utc=True,
        # A request's own line has its trace id; once is enough.
        xray_trace_id=None,
    )
    # Both would stand in every line: the rate is a setting, and whose line it is each line says itself.
    logger.remove_keys(["sampling_rate"])
    return logger


def sample_debug() -> None:
    """Decide anew, for the invocation that begins, whether it is one of the few that log at DEBUG."""
    if _logger().sampling_rate:
        _logger().refresh_sample_rate_calculation()


def _write(
    level: Level,
    message: str,
    category: Category,
    fields: dict[str, Any],
    *,
    samples: list[Sample] | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Write a line with the metrics that it can carry, and further lines for those that it cannot."""
    logger = _logger()
    if logger.log_level > _NUMBERS[level]:
        return
    at_hand = invocations.current()
    line: dict[str, Any] = {"category": category}
    if at_hand is not None:
        line |= {"service": at_hand.service, **at_hand.context}
    line = {**(facts or {}), **line, **fields}
    first, *others = emf.records(samples or (), line, stage=os.environ.get("STAGE", "local"))
    write = {
        "DEBUG": logger.debug,
        "INFO": logger.info,
        "WARNING": logger.warning,
        "ERROR": logger.error,
        "CRITICAL": logger.critical,
    }[level]
    write(message, extra=first)
    for other in others:
        logger.info("metrics", extra={"category": "metrics", **other})


def log_request(*, status: int, **fields: Any) -> None:
    """Write the canonical line of one request: route, method, status, duration, who, what it called.

    It carries all that was measured for the invocation at hand and not written yet.
    """
    level: Level = "INFO" if status < 500 else "ERROR"
    _tell(level, "request", {"status": status, **fields})


def log_job(*, done: bool, **fields: Any) -> None:
    """Write the canonical line of an invocation that no request caused: how long it took, what it called."""
    _tell("INFO" if done else "ERROR", "job", {"done": done, **fields})


def _tell(level: Level, category: Literal["request", "job"], fields: dict[str, Any]) -> None:
    """Write an invocation's own line. What happened in it says nothing that the line itself says."""
    at_hand = invocations.current()
    if at_hand is None:
        _write(level, category, category, fields)
        return
    known = {**fields, **({"cold_start": True} if at_hand.cold else {}), **_table_calls(at_hand)}
    _write(level, category, category, known, samples=at_hand.take_samples(), facts=at_hand.facts)


def _table_calls(at_hand: invocations.Invocation) -> dict[str, Any]:
    return {
        "table_calls": at_hand.calls,
        "table_ms": round(at_hand.call_milliseconds, 1),
        **({"read_units": short(at_hand.read_units)} if at_hand.read_units else {}),
        **({"write_units": short(at_hand.write_units)} if at_hand.write_units else {}),
    }


def log_database(
    operation: str,
    table: str,
    milliseconds: float,
    *,
    read_units: float = 0,
    write_units: float = 0,
    error: str | None = None,
) -> None:
    """Write a table call: for those who look closely, or for all when it is slow or fails.

    ``error`` is the service's code. A condition that does not hold is an answer, not a failure.
    """
    bad = milliseconds >= SLOW_CALL_MILLISECONDS or error is not None
    fields: dict[str, Any] = {
        "operation": operation,
        "table": table,
        "duration_ms": round(milliseconds, 1),
        "read_units": read_units,
        "write_units": write_units,
    }
    if error is not None:
        fields["error"] = error
    _write("WARNING" if bad else "DEBUG", "table call", "database", fields)


def log_auth(event: str, severity: Severity = "INFO", **fields: Any) -> None:
    """Write what an account did or was given, under its OWASP name: ``authn_login_success``."""
    known = {"event": event, "severity": severity}
    counted = _counted(catalogue.AUTH_EVENTS, known)
    _write(_LEVELS[severity], event, "auth", {**known, **fields}, samples=counted)


def log_security(event: str, severity: Severity, **fields: Any) -> None:
    """Write what may be an attack, under its OWASP logging-vocabulary name, e.g. ``authn_login_fail``.

    What is CRITICAL is also reported to those who mend faults, by its name alone.
    """
    known = {"event": event, "severity": severity}
    counted = _counted(catalogue.SECURITY_EVENTS, known)
    _write(_LEVELS[severity], event, "security", {**known, **fields}, samples=counted)
    if severity == "CRITICAL":
        errors.capture_security_event(event, severity)


def _counted(metric: catalogue.Metric, dimensions: dict[str, str]) -> list[Sample]:
    """Count a line in the line itself, so that counts and lines cannot differ."""
    return [Sample(metric, 1, dimensions)] if invocations.current() is not None else []


def log_business(event: str, **fields: Any) -> None:
    """Tell what happened to the business: a payment captured, a mail sent, a booking expired.

    The first of a request is told in the request's own line, as ``business``; any other has its own.
    """
    at_hand = invocations.current()
    if at_hand is not None and at_hand.answers and "business" not in at_hand.facts:
        at_hand.facts |= {"business": event, **fields}
        return
    _write("INFO", event, "business", {"event": event, **fields})


def log_health(check: str, *, critical: bool, milliseconds: float, error: BaseException | None) -> None:
    """Write that a health check began to fail, with the kind of its error, or no longer does."""
    fields: dict[str, Any] = {"check": check, "critical": critical, "duration_ms": round(milliseconds, 1)}
    if error is None:
        _write("INFO", "health check recovered", "health", fields)
        return
    cause = type(error.__cause__ or error).__name__
    _write("ERROR" if critical else "WARNING", "health check failed", "health", {**fields, "error": cause})


def log_fault(message: str, error: BaseException, **fields: Any) -> None:
    """Write an unexpected error with its stack, without the error's own text, which may hold input."""
    metrics.record_fault()
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{module_path(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    _write("ERROR", message, "error", {"error": type(error).__name__, "stack": frames[-12:], **fields})
