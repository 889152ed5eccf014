"""The countries that a celebrity may be of: ISO 3166 alpha-2, as the locked ``tzdata`` package lists them."""

from functools import cache
from pathlib import Path

import tzdata  # type: ignore[import-untyped]  # data with no interface to type

_TABLE = Path(tzdata.__path__[0]) / "zoneinfo" / "iso3166.tab"


@cache
def countries() -> frozenset[str]:
    """Return all codes."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return frozenset(line[:2] for line in lines if not line.startswith("#"))
