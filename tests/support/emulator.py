"""The AWS emulator for tests: one a worker process, tables of its own for each test that asks."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.emulator import Emulator
from local.resources import make_tables

EXECUTABLE = Path(
    os.environ.get(
        "EMULATOR", Path(__file__).resolve().parents[2] / ".venv" / "emulator" / "bin" / "ministack"
    )
)


@dataclass(frozen=True, slots=True)
class TestTables:
    """Fresh tables: their names by ``Table.name``, and the stream of the streamed one."""

    __test__ = False

    names: dict[str, str]
    stream_arn: str


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """A running emulator, shared by the tests of one worker."""

    url: str

    def fresh_tables(self) -> TestTables:
        """Make all tables under names that no other test has."""
        names, stream_arn = make_tables(self.url, f"test-{uuid.uuid4().hex[:12]}-")
        return TestTables(names, stream_arn)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator that keeps nothing; it ends with the worker."""
    running = Emulator(EXECUTABLE, tmp_path_factory.mktemp("emulator"), persist=False)
    running.start()
    yield RunningEmulator(running.url)
    running.stop()
