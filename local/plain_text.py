"""Text from anywhere made fit for a terminal: nothing in it can move the cursor, colour, hide or reorder."""

import json
import re
from typing import Any

LONGEST = 300
"""Characters of one value in a log line; what is longer is cut, or one value would fill the screen."""
LONGEST_NOTICE = 4000
"""Characters of a line that is told by itself."""
_BARE = re.compile(r"[A-Za-z0-9_./:@+{}-]+")


def escaped(text: str, most: int = LONGEST) -> str:
    """Return the text, cut after ``most`` characters, with everything unprintable as a backslash escape.

    That is what Unicode calls controls (C0 and C1, so ESC, CSI and line ends), format characters (the
    bidirectional ones, zero widths), separators other than a space, surrogates, and what has no meaning yet.
    """
    cut = text if len(text) <= most else f"{text[:most]}…"
    return "".join(_sign(sign) for sign in cut)


def _sign(sign: str) -> str:
    if sign == "\\":
        return r"\\"
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")


def value_text(value: Any) -> str:
    """Return a value of a log line so that it ends where it seems to: quoted, unless it is a plain word."""
    if isinstance(value, str) and _BARE.fullmatch(value) and len(value) <= LONGEST:
        return value
    if isinstance(value, str):
        return '"' + escaped(value).replace('"', r"\"") + '"'
    return escaped(json.dumps(value, default=str, separators=(",", ":")))
