"""A payment provider of a test's own: its HTTP, its official client, and an endpoint for its messages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stripe

from local.asgi import App
from local.ports import LOOPBACK, port_of, reserve
from local.provider.service import Provider
from local.provider.webhooks import Webhooks, post_to
from local.serving import Serving

API_KEY, SECRET = "sk_test_1", "whsec_1"
HOOK = "/v1/webhooks/stripe"


@dataclass
class Receiver:
    """An endpoint of ours: it keeps what it is sent and answers what it is told to."""

    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        self.received.append((body, headers[b"stripe-signature"].decode()))
        status = self.statuses.pop(0) if self.statuses else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        self.arrived.set()


@dataclass
class World:
    """A provider, its official client, and the receiver of its messages."""

    provider: Provider
    client: stripe.StripeClient
    receiver: Receiver
    url: str


@contextmanager
def serving(app: App, name: str) -> Iterator[str]:
    """Serve an app on a free port and yield its address."""
    bound = reserve(0)
    server = Serving(app, bound, name)
    server.start()
    try:
        yield f"http://{LOOPBACK}:{port_of(bound)}"
    finally:
        server.stop()
        bound.close()


def telling(endpoint: str, path: Path) -> Provider:
    """Return a provider that tells its messages to an endpoint, without pauses and before it answers."""
    webhooks = Webhooks(
        SECRET, post_to(f"{endpoint}{HOOK}"), pause=lambda _: None, background=lambda work: work()
    )
    return Provider(path / "provider.json", API_KEY, webhooks)
