"""An ingest of error reports on this machine: keeps every byte, and can be slow, refuse, or not answer."""

import base64
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.envelopes import Item, items, unpacked

_SECONDS = 20.0
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")


@dataclass
class Ingest:
    """What came, and how to answer it."""

    server: ThreadingHTTPServer
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    open: threading.Event = field(default_factory=threading.Event)
    """While it is not set, nothing is answered."""
    connections: int = 0
    raw: list[bytes] = field(default_factory=list)
    """Each request: its line and headers, and its body as it came."""
    envelopes: list[bytes] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    @property
    def dsn(self) -> str:
        """What a function is told."""
        return f"http://key@127.0.0.1:{self.server.server_port}/1"

    def items(self, kind: str | None = None) -> list[Item]:
        """Return the items that came, or those of one kind."""
        with self.came:
            found = [item for envelope in self.envelopes for item in items(envelope)]
        return [item for item in found if kind in {None, item.kind}]

    def events(self) -> list[dict[str, Any]]:
        """Return the reports that came."""
        return [item.document for item in self.items("event")]

    def wait_for(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many of a kind came, and return them."""
        with self.came:
            there = self.came.wait_for(lambda: len(self._documents(kind)) >= count, _SECONDS)
        assert there, f"{kind} did not come"
        return self._documents(kind)

    def _documents(self, kind: str) -> list[dict[str, Any]]:
        return [item.document for envelope in self.envelopes for item in items(envelope) if item.kind == kind]

    def everything(self) -> bytes:
        """Return all bytes that came, also unpacked, and decoded where they may be base64."""
        told = b"\n".join([*self.raw, *self.envelopes])
        return told + b"\n" + decoded(told)


def decoded(told: bytes) -> bytes:
    """Return whatever in ``told`` may be base64 as what it would then say."""
    return b"\n".join(_decoded(run) for run in _BASE64.findall(told))


def _decoded(run: bytes) -> bytes:
    plain = run.translate(bytes.maketrans(b"-_", b"+/"))
    # A text may begin at any of four places of a run.
    return b"\n".join(base64.b64decode(plain[at : at + (len(plain) - at) // 4 * 4]) for at in range(4))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    ingest: Ingest

    def process_request(self, request: Any, client_address: Any) -> None:
        self.ingest.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        """Serve a process that may be killed at any moment."""
        with suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        """Keep what came, and answer as told."""
        ingest = self.server.ingest
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with ingest.came:
            ingest.raw.append(self.requestline.encode() + bytes(self.headers) + body)
            ingest.envelopes.append(unpacked(body, self.headers.get("Content-Encoding")))
            ingest.came.notify_all()
        ingest.open.wait(_SECONDS)
        self.send_response(ingest.status)
        for name, value in {"Content-Length": "0", **ingest.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def running_ingest() -> Iterator[Ingest]:
    """Run an ingest on a free port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.ingest = ingest = Ingest(server)
    ingest.open.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield ingest
    finally:
        ingest.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
