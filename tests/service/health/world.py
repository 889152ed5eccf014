"""What health depends on, for real, and how each part of it comes to harm."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions.health.cache_check import CacheProbe
from functions.health.main import compose
from greenroom.catalog.cache_health import CacheFigures
from greenroom.gateway.dispatch import Function
from greenroom.storage import clients
from local.metrics import MetricStore
from local.ports import LOOPBACK
from local.resources import client
from tests.support.emulator import RunningEmulator
from tests.support.functions import Answer, RunningFunctions, running_functions


class _Provider(BaseHTTPRequestHandler):
    """Gives its server's status to whatever is asked."""

    def do_GET(self) -> None:
        self.send_response(getattr(self.server, "status", 404))
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def answering_provider(status: int = 404) -> Iterator[str]:
    """A provider that answers at once, by default that it knows no such page."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Provider)
    server.status = status  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent_provider() -> Iterator[str]:
    """A provider that takes a connection and never answers."""
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        listening.listen()
        yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"


@dataclass
class CacheOf:
    """A cache that holds a version of the listing; a stand-in, as the real one cannot be behind by itself."""

    cached: int = 7

    def probe(self) -> None:
        if self.cached < 7:
            raise RuntimeError("the listing in the cache is older than the stored one")

    def figures(self) -> CacheFigures:
        return CacheFigures(
            backend="memory",
            entries=1,
            bytes=100,
            hits=5,
            misses=2,
            errors=0,
            ratio=5 / 7,
            stored_version=7,
            cached_version=self.cached,
        )


@dataclass
class World:
    """The running functions, with the health function composed as it is deployed."""

    functions: RunningFunctions
    environment: pytest.MonkeyPatch
    stack: ExitStack
    passed: float = 0.0

    def compose(self, cache: CacheProbe | None = None) -> None:
        """Compose the health function anew; ``cache`` replaces the one that it probes."""
        composition = compose(self.now)
        if cache is not None:
            composition.app.cache.probe = lambda: cache
        self.functions.functions = {
            **self.functions.functions,
            "health": Function(self.functions.functions["health"].routes, lambda: composition),
        }

    def now(self) -> float:
        """The time that decides what is kept: the wall's, and what the test has added."""
        return time.time() + self.passed

    def pass_time(self) -> None:
        """Let everything that is kept become old."""
        self.passed += 3600

    def get(self, path: str, **asked: Any) -> Answer:
        """Ask a health endpoint."""
        return self.functions.call("GET", path, **asked)

    def drop_table(self, name: str) -> None:
        """Delete a table."""
        emulator = client("dynamodb", self.functions.settings["AWS_ENDPOINT_URL"])
        emulator.delete_table(TableName=self.functions.names[name])

    def answer_as_provider(self, status: int) -> None:
        """Let the payment provider answer everything with a status."""
        self.environment.setenv("PAYMENT_API_URL", self.stack.enter_context(answering_provider(status)))
        self.compose()

    def environment_value(self, name: str) -> str:
        """Return a setting of the functions."""
        return os.environ[name]

    def hang_provider(self) -> None:
        """Let the payment provider take connections and say nothing."""
        self.environment.setenv("PAYMENT_API_URL", self.stack.enter_context(silent_provider()))
        self.environment.setenv("HEALTH_EXTERNAL_SECONDS", "3")
        clients.client("sesv2")  # on a busy machine to make it may take most of that
        self.compose()


@contextmanager
def world(emulator: RunningEmulator) -> Iterator[World]:
    """Compose the functions over an emulator."""
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        provider = stack.enter_context(answering_provider())
        functions = stack.enter_context(running_functions(emulator))
        MetricStore().install(clients.session().events)
        environment.setenv("PAYMENT_API_URL", provider)
        environment.delenv("CDN_URL")  # one service of others is enough
        made = World(functions, environment, stack)
        made.compose()
        yield made
