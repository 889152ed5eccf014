"""Envelopes, in which error reports travel: a header line, then items of a header line and a payload.

https://develop.sentry.dev/sdk/data-model/envelopes/
"""

import gzip
import json
from dataclasses import dataclass
from typing import Any


class MalformedEnvelope(Exception):
    """The bytes are no envelope."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its kind, such as ``event`` or ``transaction``, and its payload."""

    kind: str
    payload: bytes

    @property
    def document(self) -> dict[str, Any]:
        """Return the payload as JSON."""
        found: dict[str, Any] = json.loads(self.payload)
        return found


def unpacked(body: bytes, encoding: str | None) -> bytes:
    """Return an envelope's bytes as they were before their transfer. Raises ``MalformedEnvelope``."""
    if encoding not in {None, "", "identity", "gzip"}:
        raise MalformedEnvelope("only gzip is understood")
    try:
        return gzip.decompress(body) if encoding == "gzip" else body
    except (OSError, EOFError) as error:
        raise MalformedEnvelope("not gzip") from error


def items(envelope: bytes) -> list[Item]:
    """Return the items. Raises ``MalformedEnvelope``."""
    _, _, rest = envelope.partition(b"\n")
    found = []
    while rest:
        line, _, rest = rest.partition(b"\n")
        if not line:
            continue
        try:
            header = json.loads(line)
            # Without a length the payload is the rest of its line.
            length = header.get("length", rest.find(b"\n") if b"\n" in rest else len(rest))
            found.append(Item(header["type"], rest[:length]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedEnvelope("an item has no header") from error
        rest = rest[length:].removeprefix(b"\n")
    return found
