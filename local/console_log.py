"""Structured log lines for people at a terminal: one line each, aligned, what happened first.

``LOG_FORMAT=json`` prints the lines as a deployed function would write them instead.
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TextIO

from local.emf_reader import metric_names
from local.failures import CannotRun
from local.plain_text import LONGEST_NOTICE, escaped, value_text

_RESET, _DIM, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN = (
    f"\x1b[{code}m" for code in (0, 2, 31, 32, 33, 34, 35, 36)
)
_COLOURS = {"request": _GREEN, "job": _CYAN, "auth": _BLUE, "security": _MAGENTA, "business": _GREEN}
_LEVEL_COLOURS = {"WARNING": _YELLOW, "ERROR": _RED, "CRITICAL": _RED}
_HEAD_WIDTH = 54
_MOST_FRAMES = 50

_NEVER = frozenset(
    "category cold_start correlation_id level location message request_id service stack timestamp"
    " trace_id".split()
)
_SUMMED_UP = frozenset("duration_ms table_calls table_ms read_units write_units".split())
_SHOWN_BEFORE = {
    "request": _SUMMED_UP | {"status", "method", "route"},
    "job": _SUMMED_UP | {"done"},
    "auth": frozenset({"event", "severity"}),
    "security": frozenset({"event", "severity"}),
    "business": frozenset({"event"}),
    "database": frozenset({"operation", "table", "duration_ms"}),
}


class Printer:
    """Prints lines to a stream, in colour where it is a terminal that wants it."""

    def __init__(self, stream: TextIO, notices: TextIO | None = None, *, raw: bool = False) -> None:
        self._stream = stream
        self._notices = notices or stream
        self._raw = raw
        self._coloured = (
            stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        )

    def show(self, line: Mapping[str, Any]) -> None:
        """Print one structured line, unless it tells a person nothing."""
        # In JSON's ASCII form everything that would mean something to a terminal is an escape.
        text = json.dumps(line, default=str) if self._raw else readable(line, coloured=self._coloured)
        if text:
            _write(self._stream, text)

    def say(self, *lines: str) -> None:
        """Tell people something that is no log line, a line each; what is unprintable in them is escaped."""
        _write(self._notices, "\n".join(escaped(line, LONGEST_NOTICE) for line in lines))


def printer_for(log_format: str, output: TextIO, notices: TextIO) -> Printer:
    """Return the printer of a ``LOG_FORMAT``. Raises ``CannotRun`` for one that is not known."""
    if log_format not in {"text", "json"}:
        raise CannotRun(f"LOG_FORMAT is text or json, not {value_text(log_format)}.")
    return Printer(output, notices, raw=True) if log_format == "json" else Printer(output)


def _write(stream: TextIO, text: str) -> None:
    """Write whole, also when many threads write at once, whatever the stream can encode."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        return  # who read it has gone, which is no reason for a request to fail


def readable(line: Mapping[str, Any], *, coloured: bool) -> str:
    """Return the line for a person, with the frames of a stack below it; empty for what tells nothing."""
    category = str(line.get("category", "log"))
    if category == "metrics" or (category == "job" and _idle(line)):
        return ""

    def paint(colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if coloured and text.strip() else text

    head = escaped(_HEADS.get(category, _message)(line))
    parts = [
        paint(_DIM, _clock(line.get("timestamp"))),
        paint(_colour(line, category), f"{escaped(category):<8} {head:<{_HEAD_WIDTH}}"),
        *_figures(line),
        paint(_DIM, _details(line, category)),
    ]
    frames = line.get("stack")
    below = frames[:_MOST_FRAMES] if isinstance(frames, list) else []
    return "\n".join([" ".join(parts).rstrip(), *(f"           {escaped(str(frame))}" for frame in below)])


def _idle(line: Mapping[str, Any]) -> bool:
    """Tell whether a worker looked and found nothing to do: all went well, and nothing was written."""
    return bool(line.get("done")) and not line.get("write_units")


def _colour(line: Mapping[str, Any], category: str) -> str:
    status = line.get("status")
    if category == "request" and isinstance(status, int):
        return _RED if status >= 500 else _YELLOW if status >= 400 else _GREEN
    return _LEVEL_COLOURS.get(str(line.get("level"))) or _COLOURS.get(category, _DIM)


def _clock(timestamp: Any) -> str:
    try:
        return datetime.fromisoformat(str(timestamp)).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return "--:--:--"


def _request(line: Mapping[str, Any]) -> str:
    return f"{line.get('status')} {line.get('method', ''):<6} {line.get('route', '')}"


def _job(line: Mapping[str, Any]) -> str:
    return f"{line.get('service', '')}{'' if line.get('done') else ' failed'}"


def _security(line: Mapping[str, Any]) -> str:
    return f"{line.get('severity', ''):<8} {line.get('event', '')}"


def _business(line: Mapping[str, Any]) -> str:
    return str(line.get("event", ""))


def _database(line: Mapping[str, Any]) -> str:
    return f"{line.get('operation', '')} {line.get('table', '')}"


def _message(line: Mapping[str, Any]) -> str:
    return str(line.get("message", ""))


_HEADS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "request": _request,
    "job": _job,
    "auth": _security,
    "security": _security,
    "business": _business,
    "database": _database,
}


def _figures(line: Mapping[str, Any]) -> list[str]:
    """Return how long it took and how many table calls it made, where the line says so."""
    taken, calls = line.get("duration_ms"), line.get("table_calls")
    duration = [f"{taken:>8.1f} ms"] if isinstance(taken, int | float) else []
    return [*duration, f"{calls:>3} calls"] if isinstance(calls, int) else duration


def _details(line: Mapping[str, Any], category: str) -> str:
    hidden = _NEVER | _SHOWN_BEFORE.get(category, frozenset()) | metric_names(line)
    shown = [
        f"{escaped(str(name))}={value_text(value)}"
        for name, value in line.items()
        if name not in hidden and value is not None
    ]
    if line.get("cold_start"):
        shown.append("cold")
    if line.get("request_id"):
        shown.append(f"#{escaped(str(line['request_id']))[:8]}")
    return " ".join(shown)
