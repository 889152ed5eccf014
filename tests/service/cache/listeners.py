"""A server that accepts connections and never says a word, and counts them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.ports import LOOPBACK, port_of, reserve


@dataclass(slots=True)
class Silent:
    """What came: each connection, with the first bytes it sent."""

    port: int
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"redis://{LOOPBACK}:{self.port}"


@contextmanager
def silent_server() -> Iterator[Silent]:
    """Listen until the end, reading each connection once and keeping it open."""
    with reserve(0) as bound:
        bound.listen()
        silent, open_ones = Silent(port_of(bound)), list[socket.socket]()

        def listen() -> None:
            while True:
                try:
                    connection, _ = bound.accept()
                except OSError:
                    return
                open_ones.append(connection)
                silent.heard.append(connection.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield silent
        finally:
            bound.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in open_ones:
                connection.close()
