"""The ingest of error reports on one machine: it takes what Sentry would get, and the console shows it."""

import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

from local.answers import Answer
from local.asgi import ClientGone, Receive, Scope, Send, json_answer, receive_request, send_answer
from local.envelopes import Item, MalformedEnvelope, items, unpacked
from local.events import Received

MOST_REPORTS = 50
PROJECT = "1"
KEY = "local"
_SHOWN = frozenset({"event", "transaction"})


class ErrorReports:
    """The last reports, in memory, and the ingest that takes them (ASGI)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reports: deque[dict[str, Any]] = deque(maxlen=MOST_REPORTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call of the ingest (ASGI)."""
        try:
            received = await receive_request(scope, receive)
        except ClientGone:
            return
        await send_answer(self.answer(received), send)

    def answer(self, received: Received) -> Answer:
        """Take an envelope."""
        if received.method != "POST" or received.path != f"/api/{PROJECT}/envelope/":
            return json_answer({"detail": "not found"}, 404)
        try:
            found = items(unpacked(received.body, received.header("content-encoding")))
            for item in found:
                self._keep(item)
        except (MalformedEnvelope, ValueError) as error:
            return json_answer({"detail": str(error)}, 400)
        return json_answer({})

    def _keep(self, item: Item) -> None:
        if item.kind in _SHOWN:
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            report = {"at": at, "kind": item.kind, "event": item.document}
            with self._lock:
                self._reports.append(report)

    def reports(self) -> list[dict[str, Any]]:
        """Return the last reports, newest first: ``at``, ``kind`` (event or transaction), ``event``."""
        with self._lock:
            return list(reversed(self._reports))


def dsn(port: int) -> str:
    """Return what functions are told to reach an ingest on a port of this machine."""
    return f"http://{KEY}@127.0.0.1:{port}/{PROJECT}"
