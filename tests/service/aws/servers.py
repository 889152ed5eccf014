"""Servers on this machine, and endpoints of the runtime that call them."""

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from awscrt.auth import AwsCredentialsProvider

from greenroom.aws.runtime import Endpoint, Runtime
from tests.benchmarks.tls import make_certificates


class Server(http.server.ThreadingHTTPServer):
    """Answers each post with its body and counts connections; ``closing`` ends each after its answer."""

    daemon_threads = True

    def __init__(self, closing: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.closing, self.connected = closing, 0
        self.open: list[socket.socket] = []
        self.received: list[dict[str, str]] = []
        self.before_answer: Callable[[], object] | None = None

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
        if self.server.before_answer is not None:
            self.server.before_answer()
        if self.server.closing == "before the answer":
            self.close_connection = True
            return
        if self.server.closing == "within the answer":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.server.received.append(dict(self.headers.items()))
        if self.server.closing == "told":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if self.server.closing == "after the answer":
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def running(server: http.server.HTTPServer) -> Iterator[None]:
    """Let a server serve in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)


@contextmanager
def serving(closing: str = "") -> Iterator[Server]:
    with Server(closing) as server, running(server):
        yield server


def endpoint(url: str, runtime: Runtime | None = None) -> Endpoint:
    """Return an endpoint with its own runtime and fixed credentials."""
    fixed = AwsCredentialsProvider.new_static("key", "secret", "session")
    return Endpoint(url, "dynamodb", "eu-central-1", runtime or Runtime(fixed))


def post(called: Endpoint, body: bytes = b"{}", *, read: float = 5) -> bytes:
    """Post a body and return the one of the response."""
    return called.post(body, {"x-amz-target": "A.B"}, connect=5, read=read).body


@contextmanager
def saying(*said: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Yield the address of a server that reads a request and says that, then the next, on one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as opened:
        released = threading.Event()

        def serve() -> None:
            connection, _ = listening.accept()
            connection = tls.wrap_socket(connection, server_side=True) if tls else connection
            opened.enter_context(connection)
            for each in said:
                connection.recv(65536)
                connection.sendall(each)
            released.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            released.set()
            thread.join(10)


def server_context(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Return what a server by TLS goes by, and the file of its own authority."""
    authority, certificate, key = make_certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context, str(authority)


@contextmanager
def serving_tls(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of a server by TLS, and the file of its own authority."""
    context, certificate = server_context(folder)
    with serving() as server:
        # The handshake is left to the thread of each connection.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        yield f"https://127.0.0.1:{server.server_port}", certificate
