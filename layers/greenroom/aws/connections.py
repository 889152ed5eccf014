"""Kept HTTP/1.1 connections to one endpoint."""

import socket
import ssl
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage, HTTPResponse
from select import POLLIN, poll
from urllib.parse import urlsplit

from .failures import NoAnswer, NotConnected, TimedOut

_FINAL = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names are not case-sensitive."""

    status: int
    headers: HTTPMessage
    body: bytes = field(repr=False)


class Connections:
    """Connections to one endpoint, shared by clients and threads: each serves one call at a time and is kept.

    As many are made as there are calls at once, and at most ``keep`` stay open between them.
    """

    def __init__(self, endpoint: str, trust: Callable[[], ssl.SSLContext], *, keep: int = 128) -> None:
        """``trust`` makes what an endpoint by TLS is verified with, when it is first connected to."""
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"no endpoint: {endpoint!r}")
        self.host = parts.netloc
        """As the ``Host`` header has it: with a port where it is not the scheme's own."""
        self._trust = trust if parts.scheme == "https" else None
        self._address = (parts.hostname, parts.port or (443 if self._trust else 80))
        # The one used last goes first: those that are not needed grow old and are closed by the other end.
        self._idle: deque[socket.socket] = deque()
        self._keep = keep
        weakref.finalize(self, _close_all, self._idle)

    def post(
        self, body: bytes, headers: dict[str, str], *, connect_seconds: float, read_seconds: float
    ) -> Answer:
        """Post to the root and return the answer. ``headers`` must have the host, and no length.

        ``connect_seconds`` are for a connection, where there is none, and as many again for its TLS;
        ``read_seconds`` for each silence before the answer is whole.

        Raises ``NotConnected``, ``TimedOut`` or ``NoAnswer``.
        """
        told = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if not told.count("\r") == told.count("\n") == len(headers):
            raise ValueError("a header of more than one line")
        head = f"POST / HTTP/1.1\r\n{told}content-length: {len(body)}\r\n\r\n"
        used = self._kept()
        connection = used or self._opened(connect_seconds)
        answer, lasting = None, False
        try:
            connection.settimeout(read_seconds)
            # At once, as each piece would be a record of its own.
            connection.sendall(head.encode("latin-1") + body)
            answer, lasting = _answer(connection)
        except TimeoutError as error:
            raise TimedOut("no answer in time") from error
        except (OSError, HTTPException) as error:
            raise NoAnswer("the connection broke") from error
        finally:
            # After a failure, whichever, its next answer might not be the next call's.
            if lasting and len(self._idle) < self._keep:
                self._idle.append(connection)
            else:
                connection.close()
            if used and answer is None:  # those that rest for longer are as dead: after a freeze all are
                _close_all(self._idle)
        return answer

    def _kept(self) -> socket.socket | None:
        """Return an idle connection that the other end has not closed, None without one."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was as quick
                return None
            if not _readable(connection):
                return connection
            connection.close()
        return None

    def _opened(self, seconds: float) -> socket.socket:
        try:
            context = self._trust() if self._trust is not None else None
            connection = socket.create_connection(self._address, seconds)
            if context is not None:
                connection = context.wrap_socket(connection, server_hostname=self._address[0])
        except (OSError, ValueError) as error:  # a certificate that does not hold is an error of the system
            raise NotConnected("no connection") from error
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _answer(connection: socket.socket) -> tuple[Answer, bool]:
    """Read one answer; tell with it whether the connection may serve another call."""
    with HTTPResponse(connection, method="POST") as response:
        response.begin()
        if response.status < _FINAL:  # the answer itself would be taken for the next call's
            raise HTTPException("an answer before the answer")
        return Answer(response.status, response.headers, response.read()), not response.will_close


def _close_all(connections: deque[socket.socket]) -> None:
    with suppress(IndexError):  # until there is none, whoever else takes some meanwhile
        while True:
            connections.pop().close()


def _readable(kept: socket.socket) -> bool:
    """Tell whether there is something to read, which on a connection at rest can only be its end."""
    if isinstance(kept, ssl.SSLSocket) and kept.pending():
        return True  # deciphered already, which the system does not see
    asked = poll()
    asked.register(kept, POLLIN)
    return bool(asked.poll(0))
