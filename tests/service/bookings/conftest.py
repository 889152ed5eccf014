"""The worlds of these tests: one over the emulator, and one in memory where many steps are tried."""

from typing import Any

import pytest

from greenroom.aws.client import DYNAMODB
from local.resources import own_client
from tests.service.bookings.world import World
from tests.support.emulator import RunningEmulator
from tests.support.memory_dynamodb import MemoryDynamoDB


@pytest.fixture(scope="session")
def dynamodb(emulator: RunningEmulator) -> Any:
    return own_client(DYNAMODB, emulator.url)


@pytest.fixture
def world(emulator: RunningEmulator, dynamodb: Any) -> World:
    """A world over the emulator, with tables of its own."""
    names = emulator.fresh_tables().names
    return World(dynamodb, names["catalog"], names["bookings"])


@pytest.fixture
def memory() -> World:
    """A world in memory."""
    return World(MemoryDynamoDB())
