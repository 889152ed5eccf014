"""An ASGI app behind uvicorn in a thread, on a socket that is bound already."""

import socket
import threading
import time

import uvicorn

from local.asgi import App
from local.failures import CannotRun
from local.gateway import MOST_HEADER_BYTES

_START_SECONDS = 10.0
_GRACE_SECONDS = 5


class Serving:
    """One HTTP server. Requests at hand end before ``stop`` returns, within a few seconds."""

    def __init__(self, app: App, bound: socket.socket, name: str) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=2048,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            # Above the gateway's own limit, so that the gateway itself answers what is over it.
            h11_max_incomplete_event_size=8 * MOST_HEADER_BYTES,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [bound]}, name=f"{name}-server", daemon=True
        )

    def start(self) -> None:
        """Begin to serve; requests are taken when this returns."""
        self._thread.start()
        give_up = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > give_up or not self._thread.is_alive():
                raise CannotRun("The HTTP server did not start.")
            time.sleep(0.005)

    def stop(self) -> None:
        """End serving."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(2 * _GRACE_SECONDS)
