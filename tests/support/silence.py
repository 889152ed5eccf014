"""A server that takes every connection and never says a word: what a client's time limits are for."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Silence:
    """A silent server; ``heard`` are the connections that it has taken."""

    url: str
    heard: list[socket.socket] = field(default_factory=list)


@contextmanager
def silent_server() -> Iterator[Silence]:
    """Run one on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silence = Silence(f"http://127.0.0.1:{listening.getsockname()[1]}/")

        def listen() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:  # it was closed
                    return
                silence.heard.append(connection)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield silence
        finally:
            # Closing alone does not wake whoever waits in accept().
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for connection in silence.heard:
                connection.close()
