"""Kept HTTP/1.1 connections to one endpoint."""

import http.client
import select
import socket
import ssl
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .failures import NoAnswer, NotConnected, TimedOut


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names are not case-sensitive."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Connections:
    """Connections to one endpoint, shared by threads: each serves one call at a time and is kept for more.

    As many are made as there are calls at once, and at most ``keep`` stay open between them.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        connect_seconds: float,
        read_seconds: float,
        trust: Callable[[], ssl.SSLContext],
        keep: int = 128,
    ) -> None:
        """``trust`` makes what an endpoint by TLS is verified with, when it is first connected to."""
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"no endpoint: {endpoint!r}")
        self.host = parts.netloc
        """As the ``Host`` header has it: with a port where it is not the scheme's own."""
        self._secure = parts.scheme == "https"
        self._name, self._port = parts.hostname, parts.port
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._trust = trust
        # The one used last goes first: those that are not needed grow old and are closed by the other end.
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._keep = keep
        weakref.finalize(self, _close_all, self._idle)

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Post to the root and return the answer. Raises ``NotConnected``, ``TimedOut`` or ``NoAnswer``."""
        connection = self._kept() or self._opened()
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except TimeoutError as error:
            connection.close()
            raise TimedOut("no answer in time") from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NoAnswer("the connection broke") from error
        except BaseException:
            connection.close()  # in whatever state it is: its next answer would not be the next call's
            raise
        if response.will_close or len(self._idle) >= self._keep:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def _kept(self) -> http.client.HTTPConnection | None:
        """Return an idle connection that the other end has not closed, None without one."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was as quick
                return None
            if connection.sock is not None and not _readable(connection.sock):
                return connection
            connection.close()
        return None

    def _opened(self) -> http.client.HTTPConnection:
        try:
            connection = self._new()
            connection.connect()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.sock.settimeout(self._read_seconds)
        except (OSError, ValueError) as error:  # certificates that do not hold are errors of the system too
            raise NotConnected("no connection") from error
        return connection

    def _new(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(
                self._name, self._port, timeout=self._connect_seconds, context=self._trust()
            )
        return http.client.HTTPConnection(self._name, self._port, timeout=self._connect_seconds)


def _close_all(connections: deque[http.client.HTTPConnection]) -> None:
    while connections:
        connections.pop().close()


def _readable(kept: socket.socket) -> bool:
    """Tell whether there is something to read, which on a connection at rest can only be its end."""
    poll = select.poll()
    poll.register(kept, select.POLLIN)
    return bool(poll.poll(0))
