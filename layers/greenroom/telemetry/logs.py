"""The one place that writes log lines: JSON, one line each, by category, through Powertools Logger.

Lines never hold what a user typed: no address, token, password or body. A successful request writes
exactly one line, ``category: "request"``.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

Severity = Literal["INFO", "WARN", "CRITICAL"]
Sink = Callable[[dict[str, Any]], None]

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


@cache
def _logger() -> "Logger":
    from aws_lambda_powertools import Logger

    return Logger(
        service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "greenroom"),
        level=os.environ.get("LOG_LEVEL", "INFO"),
        stream=_Output(),  # type: ignore[arg-type]
        location=None,
        use_rfc3339=True,
        utc=True,
    )


def log_request(*, status: int, **fields: Any) -> None:
    """Write the canonical line of one request: route, method, status, duration, who, what it called."""
    write = _logger().info if status < 500 else _logger().error
    write("request", extra={"category": "request", "status": status, **fields})


def log_security(event: str, severity: Severity, **fields: Any) -> None:
    """Write a security event under its OWASP logging-vocabulary name, e.g. ``authn_login_fail``."""
    write = {"INFO": _logger().info, "WARN": _logger().warning, "CRITICAL": _logger().critical}[severity]
    write(event, extra={"category": "security", "event": event, "severity": severity, **fields})


def log_business(event: str, **fields: Any) -> None:
    """Write a business event of a worker: a mail sent, a booking expired."""
    _logger().info(event, extra={"category": "business", "event": event, **fields})


def log_fault(message: str, error: BaseException, **fields: Any) -> None:
    """Write an unexpected error with its stack, without the error's own text, which may hold input."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    _logger().error(
        message, extra={"category": "error", "error": type(error).__name__, "stack": frames[-12:], **fields}
    )
