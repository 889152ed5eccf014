"""The worlds of these tests: one over the emulator, and one in memory where many steps are tried."""

from typing import Any

import boto3.session
import pytest
from botocore.config import Config

from local.emulator import REGION
from tests.service.bookings.world import World
from tests.support.emulator import RunningEmulator
from tests.support.memory_dynamodb import MemoryDynamoDB


@pytest.fixture(scope="session")
def dynamodb(emulator: RunningEmulator) -> Any:
    """A client with a connection for every thread of a race."""
    session = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
    )
    config = Config(max_pool_connections=64, retries={"mode": "standard"}, proxies={})
    return session.client("dynamodb", endpoint_url=emulator.url, config=config)


@pytest.fixture
def world(emulator: RunningEmulator, dynamodb: Any) -> World:
    """A world over the emulator, with tables of its own."""
    names = emulator.fresh_tables().names
    return World(dynamodb, names["catalog"], names["bookings"])


@pytest.fixture
def memory() -> World:
    """A world in memory."""
    return World(MemoryDynamoDB())
