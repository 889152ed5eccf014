"""Connections are kept and shared, and what breaks is told from what was never sent."""

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import certifi
import pytest

from greenroom.aws.connections import Connections, _readable
from greenroom.aws.environment import _context
from greenroom.aws.failures import NoAnswer, NotConnected, TimedOut
from tests.benchmarks.tls import make_certificates
from tests.support.silence import silent_server


class Server(http.server.ThreadingHTTPServer):
    """Answers each post with its body and counts connections; ``closing`` ends each after its answer."""

    daemon_threads = True

    def __init__(self, closing: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.closing, self.connected = closing, 0
        self.open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: object, client_address: object) -> None:
        self.connected += 1
        assert isinstance(request, socket.socket)
        self.open.append(request)
        super().process_request(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.closing == "never":
            time.sleep(0.5)
        if self.server.closing == "before the answer":
            self.close_connection = True
            return
        if self.server.closing == "within the answer":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Asked-Host", self.headers["Host"])
        if self.server.closing == "told":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if self.server.closing == "after the answer":
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def serving(closing: str = "") -> Iterator[Server]:
    with Server(closing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


def connections(url: str, *, keep: int = 128) -> Connections:
    return Connections(url, lambda: pytest.fail("no TLS here"), keep=keep)


def post(made: Connections, body: bytes = b"{}", *, read: float = 5) -> bytes:
    return made.post(body, {"host": made.host}, connect_seconds=5, read_seconds=read).body


def test_one_connection_serves_call_after_call() -> None:
    with serving() as server:
        made = connections(server.url)

        assert [post(made, bytes([65 + number])) for number in range(5)] == [b"A", b"B", b"C", b"D", b"E"]
        assert server.connected == 1


def test_the_host_is_told_once_and_with_its_port() -> None:
    with serving() as server:
        made = connections(server.url)

        answer = made.post(b"{}", {"host": made.host}, connect_seconds=5, read_seconds=5)

        assert answer.headers["x-asked-host"] == f"127.0.0.1:{server.server_port}"
        assert answer.status == 200


def test_each_call_has_its_own_patience_on_a_connection_that_is_kept() -> None:
    with serving() as server:
        made = connections(server.url)
        post(made, read=5)
        server.closing = "never"

        with pytest.raises(TimedOut):
            post(made, read=0.1)


def test_each_of_many_threads_gets_its_own_answer() -> None:
    with serving() as server:
        made = connections(server.url, keep=3)
        bodies = [str(number).encode() for number in range(200)]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda body: post(made, body), bodies)) == bodies

        assert len(made._idle) <= 3


def _wait_for_the_end(made: Connections) -> None:
    deadline = time.monotonic() + 10
    while not _readable(made._idle[-1]):
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("closing", ["told", "after the answer"])
def test_a_connection_that_the_other_end_closes_is_not_used_again(closing: str) -> None:
    with serving(closing) as server:
        made = connections(server.url)
        for _ in range(3):
            assert post(made) == b"{}"
            if closing == "after the answer":
                _wait_for_the_end(made)
        assert server.connected == 3


@pytest.mark.parametrize("closing", ["before the answer", "within the answer"])
def test_an_answer_that_breaks_off_is_none_and_its_connection_is_gone(closing: str) -> None:
    with serving(closing) as server:
        made = connections(server.url)

        with pytest.raises(NoAnswer) as raised:
            post(made)

        assert not isinstance(raised.value, NotConnected | TimedOut)
        assert not made._idle


def test_whom_nobody_answers_waits_no_longer_than_told() -> None:
    with silent_server() as silent:
        made = connections(silent.url)

        with pytest.raises(TimedOut):
            post(made, read=0.1)

        assert not made._idle


def test_where_nobody_listens_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(NotConnected):
        post(connections(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "ftp://a.test", "https://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no endpoint"):
        connections(url)


@contextmanager
def serving_tls(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of a server by TLS, and the file of its own authority."""
    authority, certificate, key = make_certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with serving() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"https://127.0.0.1:{server.server_port}", str(authority)


def trusting(file: str, url: str) -> Connections:
    return Connections(url, lambda: _context(file))


def test_an_unknown_certificate_is_no_connection_and_a_known_one_is(tmp_path: Path) -> None:
    with serving_tls(tmp_path) as (url, authority):
        with pytest.raises(NotConnected):
            post(trusting(certifi.where(), url))

        assert post(trusting(authority, url)) == b"{}"


def test_a_certificate_of_another_name_is_no_connection(tmp_path: Path) -> None:
    with serving_tls(tmp_path) as (url, authority), pytest.raises(NotConnected):
        post(trusting(authority, url.replace("127.0.0.1", "localhost")))
