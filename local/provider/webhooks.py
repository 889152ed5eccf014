"""The provider's messages to us: events, signed as the real one signs, sent over HTTP and sent again."""

import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ATTEMPTS = 6
_FIRST_PAUSE = 0.1
_TIMEOUT_SECONDS = 35.0
_API_VERSION = "2026-10-28.clover"

Post = Callable[[bytes, Mapping[str, str]], int]
"""Posts a body with headers and returns the status; 0 where there was no answer."""


def new_event(kind: str, subject: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event about a snapshot of an object."""
    return {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": _API_VERSION,
        "created": int(time.time()),
        "data": {"object": json.loads(json.dumps(subject))},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def signature(secret: str, payload: bytes, timestamp: int) -> str:
    """Return the signature header: HMAC-SHA256 over the time and the exact bytes sent."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


def post_to(url: str) -> Post:
    """Return what posts to one address, past any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def post(body: bytes, headers: Mapping[str, str]) -> int:
        request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310 - our own
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    return post


def in_background(work: Callable[[], None]) -> None:
    """Do some work in a thread of its own."""
    threading.Thread(target=work, name="provider-webhook", daemon=True).start()


@dataclass(slots=True)
class Delivery:
    """How events are delivered from now on; tests make it worse than it is."""

    copies: int = 1
    """How often each event is sent."""
    delay_seconds: float = 0.0
    """How long each event is late; it is then sent out of sight."""
    reorder: bool = False
    """Whether each event waits for the next one and comes after it."""


@dataclass(slots=True)
class Webhooks:
    """Sends events to one endpoint and tries again, quickly and a few times, while it does not answer 2xx."""

    secret: str
    post: Post
    delivery: Delivery = field(default_factory=Delivery)
    pause: Callable[[float], object] = time.sleep
    background: Callable[[Callable[[], None]], None] = in_background
    _held: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, event: dict[str, Any]) -> dict[str, Any]:
        """Deliver an event, and what waited for it. Return how its own delivery went.

        ``status`` is that of the last attempt, None where the event is still on its way or held back.
        """
        told = {"event_id": event["id"], "type": event["type"], "status": None, "attempts": 0}
        with self._lock:
            if self.delivery.reorder and not self._held:
                self._held.append(event)
                return told | {"held": True}
            waiting, self._held = self._held, []
        if self.delivery.delay_seconds:
            self._deliver_late([event, *waiting], self.delivery.delay_seconds)
            return told | {"delayed": True}
        status, attempts = self._deliver(event)
        for other in waiting:
            self._deliver(other)
        return told | {"status": status, "attempts": attempts}

    def release(self) -> None:
        """Deliver an event that is held back, if one is."""
        with self._lock:
            waiting, self._held = self._held, []
        for event in waiting:
            self._deliver(event)

    def later(self, events: list[dict[str, Any]]) -> None:
        """Send events out of sight of who caused them."""

        def send() -> None:
            for event in events:
                self.send(event)

        self.background(send)

    def _deliver_late(self, events: list[dict[str, Any]], seconds: float) -> None:
        def deliver() -> None:
            self.pause(seconds)
            for event in events:
                self._deliver(event)

        self.background(deliver)

    def _deliver(self, event: dict[str, Any]) -> tuple[int, int]:
        results = [self._insist(event) for _ in range(max(1, self.delivery.copies))]
        return results[0]

    def _insist(self, event: dict[str, Any]) -> tuple[int, int]:
        payload = json.dumps(event, indent=2).encode()
        status = 0
        for attempt in range(1, ATTEMPTS + 1):
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": signature(self.secret, payload, int(time.time())),
                "User-Agent": "Stripe/1.0 (+local)",
            }
            status = self.post(payload, headers)
            if 200 <= status < 300:
                return status, attempt
            if attempt < ATTEMPTS:
                self.pause(_FIRST_PAUSE * 2 ** (attempt - 1))
        return status, ATTEMPTS
