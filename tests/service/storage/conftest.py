"""Fresh tables in the emulator, and the project's reads and writes, by awscrt and by boto3."""

from dataclasses import dataclass
from typing import Any

import pytest

from greenroom.aws.client import DYNAMODB
from greenroom.storage.tables import Tables
from local.resources import client, own_client
from tests.support.emulator import RunningEmulator


@dataclass(frozen=True, slots=True)
class Store:
    """The bookings table, which has indexes, and another one beside it."""

    tables: Tables
    name: str
    other: str
    dynamodb: Any


def _own(emulator: RunningEmulator) -> Any:
    return own_client(DYNAMODB, emulator.url)


def _reference(emulator: RunningEmulator) -> Any:
    return client("dynamodb", emulator.url)


@pytest.fixture(params=[_own, _reference], ids=["awscrt", "botocore"])
def store(request: pytest.FixtureRequest, emulator: RunningEmulator) -> Store:
    names = emulator.fresh_tables().names
    dynamodb = request.param(emulator)
    return Store(Tables(dynamodb), names["bookings"], names["catalog"], dynamodb)
