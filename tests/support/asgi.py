"""Calls an ASGI app in this thread, with the request's target exactly as given."""

import asyncio
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from local.asgi import App


@dataclass(frozen=True, slots=True)
class Called:
    """What the app answered; header names in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next((value for key, value in self.headers if key == name.lower()), None)


def call(
    app: App,
    method: str,
    target: str,
    *,
    headers: Iterable[tuple[str, str]] = (("host", "127.0.0.1:8080"),),
    body: bytes = b"",
    client: str = "127.0.0.1",
) -> Called:
    """Send one request and return the answer."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": (client, 50_000),
        "server": ("127.0.0.1", 8080),
    }
    return asyncio.run(_call(app, scope, body))


async def _call(app: App, scope: dict[str, Any], body: bytes) -> Called:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, content = sent
    return Called(
        start["status"],
        [(name.decode().lower(), value.decode()) for name, value in start["headers"]],
        content["body"],
    )
