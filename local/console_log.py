"""Structured log lines as one readable line each, for people at a terminal."""

import re
from collections.abc import Mapping
from typing import Any, TextIO

_RESET, _DIM, _GREEN, _YELLOW, _RED, _BLUE = (f"\x1b[{code}m" for code in (0, 2, 32, 33, 31, 36))
_COLOURS = {"ERROR": _RED, "CRITICAL": _RED, "WARNING": _YELLOW}
_SHOWN_ELSEWHERE = frozenset(
    {
        "category",
        "cold_start",
        "correlation_id",
        "duration_ms",
        "level",
        "location",
        "message",
        "method",
        "principal_id",
        "request_id",
        "route",
        "service",
        "stack",
        "status",
        "table_calls",
        "table_ms",
        "timestamp",
        "trace_id",
    }
)

# What a terminal obeys rather than shows, and what ends or turns round a line.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Printer:
    """Prints lines to a stream, in colour where it is a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = stream.isatty()

    def show(self, line: Mapping[str, Any]) -> None:
        """Print one structured line."""
        self.say(readable(line, coloured=self._coloured))

    def say(self, text: str) -> None:
        """Print a text as it is, whole, also when many threads print at once."""
        self._stream.write(text + "\n")
        self._stream.flush()


def readable(line: Mapping[str, Any], *, coloured: bool) -> str:
    """Return the line for a person: what happened first, then what else is known."""
    if line.get("category") == "request":
        colour, text = _status_colour(int(line.get("status", 0))), _request(line)
    else:
        colour = _COLOURS.get(str(line.get("level")), _BLUE)
        text = f"{line.get('category', 'log'):<8} {line.get('message', '')}"
    rest = " ".join(
        _shown(f"{key}={value}")
        for key, value in line.items()
        if key not in _SHOWN_ELSEWHERE and value is not None
    )
    stack = "".join(f"\n         {_shown(str(frame))}" for frame in line.get("stack") or [])
    text = _shown(text)
    if not coloured:
        return f"{text}  {rest}".rstrip() + stack
    return f"{colour}{text}{_RESET}  {_DIM}{rest}{_RESET}{stack}"


def _shown(text: str) -> str:
    """Return the text with every character that a terminal would obey written out: ``\\x1b``, ``\\n``."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _request(line: Mapping[str, Any]) -> str:
    return (
        f"{line.get('status')} {line.get('method', ''):<6} {line.get('route', '')}"
        f"  {line.get('duration_ms', 0):g} ms, {line.get('table_calls', 0)} table calls"
    )


def _status_colour(status: int) -> str:
    if status >= 500:
        return _RED
    return _YELLOW if status >= 400 else _GREEN
