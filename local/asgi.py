"""Between uvicorn and us: an HTTP request read whole, and an answer sent whole."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from local.answers import Answer
from local.events import Received

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY_BYTES = 10 * 1024 * 1024
"""The gateway's own bound. Of a longer body no more than this and one chunk is kept."""
_MOST_DRAINED_BYTES = 8 * MOST_BODY_BYTES


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


async def receive_request(scope: Scope, receive: Receive) -> Received:
    """Read the request. A body over the bound comes back over the bound, but not necessarily whole."""
    body, drained = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        drained += len(chunk)
        if len(body) <= MOST_BODY_BYTES:
            body += chunk
        # A client that is still sending could not read an answer: hear it out, within reason.
        if not message.get("more_body") or drained > _MOST_DRAINED_BYTES:
            break
    return Received(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=bytes(body),
        source_ip=scope["client"][0] if scope.get("client") else "",
        port=scope["server"][1] if scope.get("server") else 0,
    )


async def send_answer(answer: Answer, send: Send, extra: Iterable[tuple[str, str]] = ()) -> None:
    """Send the answer with its length."""
    headers = [
        (name.encode("latin-1"), value.encode("utf-8"))
        for name, value in (*answer.headers, *extra)
        if name.lower() != "content-length"
    ]
    if answer.status not in {204, 304}:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def json_answer(payload: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """Return a JSON answer that is never kept."""
    named = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), *headers)
    return Answer(status, named, json.dumps(payload).encode())
