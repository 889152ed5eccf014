"""A real server for the tests that need no other, and caches before it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.service.cache.process import Process
from tests.support.redis_server import RedisServer, running_server

Start = Callable[..., Process]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Return a server that the tests of one worker share; each has a prefix of its own."""
    with running_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Return a server that the test may treat as it likes."""
    with running_server(tmp_path) as running:
        yield running


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what starts processes with caches of their own; their connections end with the test."""
    started: list[Process] = []

    def begin(url: str, **options: object) -> Process:
        started.append(Process(url, **options))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for process in started:
        process.client.close()
