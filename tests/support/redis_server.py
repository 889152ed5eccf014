"""A real Redis or Valkey server for one test: on loopback, with nothing kept, killed at the end."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.ports import LOOPBACK, port_of, reserve

_NAMES = ("redis-server", "valkey-server")
_STARTS = 5


def executable() -> str:
    """Return the server's executable; without one skip the test, but fail it in CI."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no redis-server was found, and in CI the shared cache must be tested")
    pytest.skip("no redis-server or valkey-server was found on this machine: the shared cache is not tested")


@dataclass(slots=True)
class RedisServer:
    """A server, running or not, that keeps its port and its password over restarts."""

    folder: Path
    settings: tuple[str, ...] = ()
    tls: bool = False
    """Take connections over TLS alone; the settings name the certificate."""
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Return its address with the password."""
        return f"{'rediss' if self.tls else 'redis'}://:{self.password}@{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it and return once it accepts connections."""
        for _ in range(_STARTS):
            port = self.port or _free_port()
            if self._started(port):
                self.port = port
                return
        raise AssertionError("the server did not start")

    def _started(self, port: int) -> bool:
        # By its standard input: the password would show in the list of processes.
        told = (
            *(("port 0", f"tls-port {port}") if self.tls else (f"port {port}",)),
            *(f"bind {LOOPBACK}", f"requirepass {self.password}"),
            *('save ""', "appendonly no", f"dir {self.folder}", *self.settings),
        )
        self._process = subprocess.Popen(
            [executable(), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._process.stdin as config:
            config.write("\n".join(told))
        if any("Ready to accept connections" in line for line in self._process.stdout):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop the process meanwhile: the kernel still accepts connections, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


def _free_port() -> int:
    with reserve(0) as bound:
        return port_of(bound)


@contextmanager
def running_server(folder: Path, *settings: str) -> Iterator[RedisServer]:
    """Run a server with further lines of its configuration."""
    server = RedisServer(folder, settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()
