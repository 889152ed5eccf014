"""What the tests of signals share: the lines that are written while one runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from greenroom.telemetry import logs


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The lines written while the test runs."""
    found: list[dict[str, Any]] = []
    logs.add_sink(found.append)
    yield found
    logs.remove_sink(found.append)
