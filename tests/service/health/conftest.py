"""The functions with everything well, until a test sees to something."""

from collections.abc import Iterator

import pytest

from tests.service.health.world import World, world
from tests.support.emulator import RunningEmulator


@pytest.fixture
def running(emulator: RunningEmulator) -> Iterator[World]:
    """The functions over tables of their own."""
    with world(emulator) as made:
        yield made
