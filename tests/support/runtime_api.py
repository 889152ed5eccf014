"""Lambda's Runtime API and Extensions API, as far as a function in a process of its own needs them."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_SECONDS = 20.0
_INVOCATION = "/2018-06-01/runtime/invocation"
_INIT_ERROR = "/2018-06-01/runtime/init/error"
_TRACE = "Root=1-65f0a0b0-00112233445566778899aabb;Parent=0011223344556677;Sampled=0"
_EXTENSION = "/2020-01-01/extension"


@dataclass
class RuntimeApi:
    """What was asked of it, and what it gives."""

    server: ThreadingHTTPServer
    takes_extensions: bool = True
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers and body of each call."""
    answers: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    invocations: "queue.Queue[tuple[Any, float]]" = field(default_factory=queue.Queue)
    waiting: threading.Event = field(default_factory=threading.Event)
    """The runtime asks for its first invocation: init is over."""
    listening: threading.Event = field(default_factory=threading.Event)
    """The extension asks for its first event."""

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server.server_port}"

    def invoke(self, event: Any, seconds: float = 10.0) -> None:
        """Have the function called, with so many seconds to answer."""
        self.invocations.put((event, seconds))

    def answer(self) -> Any:
        """Return what the function answered next."""
        return self.answers.get(timeout=_SECONDS)

    def calls(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        """Return headers and bodies of the calls of a path."""
        return [(headers, body) for called, headers, body in self.asked if called == path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApi


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Hand out the next invocation; to an extension without events nothing is ever told."""
        api = self._note(b"")
        if self.path == f"{_EXTENSION}/event/next":
            api.listening.set()
            threading.Event().wait(_SECONDS)
            return
        api.waiting.set()
        event, seconds = api.invocations.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": "req-1",
            "Content-Type": "application/json",
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:small",
            "Lambda-Runtime-Trace-Id": _TRACE,
            "Seconds": str(seconds),
        }
        self._answer(200, json.dumps(event).encode(), headers)

    def do_POST(self) -> None:
        """Register an extension, or take an answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        api = self._note(body)
        if self.path == f"{_EXTENSION}/register":
            identifier = {"Lambda-Extension-Identifier": "ext-1"} if api.takes_extensions else {}
            self._answer(200 if api.takes_extensions else 403, b"{}", identifier)
            return
        if self.path.startswith((_INVOCATION, _INIT_ERROR)):
            api.answers.put(json.loads(body))
        self._answer(202, b"", {})

    def _note(self, body: bytes) -> RuntimeApi:
        self.server.api.asked.append((self.path, dict(self.headers), body))
        return self.server.api

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Serve a process that may be killed at any moment."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def running_runtime_api() -> Iterator[RuntimeApi]:
    """Run the APIs on a free port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.api = api = RuntimeApi(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
