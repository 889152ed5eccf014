"""Cursors: where a list goes on, signed, and bound to the query and the caller it was issued to."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import Secret

from .problems import InvalidCursor

_TAG_BYTES = 16
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Cursors:
    """Issues and opens cursors. ``secret`` is asked for only when a list goes past its first page."""

    secret: Callable[[], Secret[str]]

    def _tag(self, scope: str, payload: bytes) -> bytes:
        key = self.secret().get_secret_value().encode()
        return hmac.digest(key, scope.encode() + b"\0" + payload, sha256)[:_TAG_BYTES]

    def issue(self, scope: str, position: dict[str, Any] | str | None) -> str | None:
        """Return the cursor of a position, None at the end. ``scope`` holds the caller and the query."""
        if position is None:
            return None
        payload = json.dumps(position, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._tag(scope, payload) + payload).decode().rstrip("=")

    def open(self, scope: str, cursor: str | None) -> Any:
        """Return the position in a cursor issued for the same scope; raise ``InvalidCursor`` otherwise."""
        if cursor is None:
            return None
        if len(cursor) > _LONGEST or not cursor.isascii():
            raise InvalidCursor
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvalidCursor from None
        tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(scope, payload)):
            raise InvalidCursor
        return json.loads(payload)
