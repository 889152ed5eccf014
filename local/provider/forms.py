"""The provider's request encoding: forms whose keys nest by brackets."""

import re
from typing import Any
from urllib.parse import parse_qsl

_KEY = re.compile(r"[^\[\]]+")


def decode_form(body: bytes) -> dict[str, Any]:
    """Return e.g. ``{"amount": "500", "metadata": {"payment_id": "pay_…"}}``; all values are texts."""
    found: dict[str, Any] = {}
    for key, value in parse_qsl(body.decode("utf-8"), keep_blank_values=True):
        *path, last = _KEY.findall(key) or [key]
        place = found
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        place[last] = value
    return found
