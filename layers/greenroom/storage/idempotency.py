"""Idempotency: the answer to a keyed request, stored in the same transaction as its effect.

There is no "in progress" state that a crash could leave behind: either the effect and its answer are
both there, or neither is. Failures are not stored. Scope is the principal and the route.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.refusals import Refusal

from . import keys
from .items import Item
from .writes import NEW, Put


class IdempotencyKeyReused(Refusal):
    """The same key came with another body."""

    status, code, title = 422, "idempotency_key_reused", "The Idempotency-Key was used for another request"


class Replayed(Exception):
    """The request was answered before: here is that answer, to be given again byte for byte."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__()
        self.status = status
        self.headers = headers
        self.body = body


@dataclass(frozen=True, slots=True)
class Idempotency:
    """One keyed request: where its answer is kept, and what identifies its body."""

    key: keys.Key
    fingerprint: str
    now: int
    """Epoch seconds."""
    keep_seconds: int
    stale: Refusal | None = None
    """Why the request must not have its effect now, unless it is a retry: its ``If-Match`` is outdated."""

    @classmethod
    def of(
        cls,
        *,
        principal_id: str,
        route: str,
        header: str,
        body: Any,
        now: int,
        keep_seconds: int,
        stale: Refusal | None = None,
    ) -> "Idempotency":
        """Build from the request; bodies that differ only in white space or key order are the same."""
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        scope = keys.digest(f"{principal_id}\0{route}\0{header}")
        return cls(keys.idempotency(scope), keys.digest(canonical), now, keep_seconds, stale)

    def replay(self, stored: Item | None) -> None:
        """Raise ``Replayed`` when ``stored`` answers this request, ``IdempotencyKeyReused`` when another.

        When it answers none, the request is new, and is refused here if it is ``stale``.
        """
        if stored is None or stored["ttl"] <= self.now:
            self._refuse_stale()
            return
        if stored["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReused(field="Idempotency-Key")
        raise Replayed(stored["status"], stored["headers"], stored["body"].encode())

    def record(
        self, table: str, *, status: int, headers: Mapping[str, str], body: bytes, stored: Item | None = None
    ) -> Put:
        """Return the write that keeps the answer. ``stored`` is the outdated record read before, if any."""
        self._refuse_stale()
        # The table's own expiry may be days late, so an outdated record is replaced, not waited for.
        return Put(
            table,
            {
                **self.key._asdict(),
                "fingerprint": self.fingerprint,
                "status": status,
                "headers": dict(headers),
                "body": body.decode(),
                "ttl": self.now + self.keep_seconds,
            },
            when={"ttl": stored["ttl"]} if stored else NEW,
        )

    def _refuse_stale(self) -> None:
        if self.stale is not None:
            raise self.stale
