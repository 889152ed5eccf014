"""Fresh tables in the emulator, and the project's own reads and writes: by our client, and by boto3's."""

from dataclasses import dataclass
from typing import Any

import pytest

from greenroom.aws.client import DYNAMODB
from greenroom.storage.tables import Tables
from local.resources import own_client
from tests.support.boto_reference import BotoReference
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
    return BotoReference(emulator.url)


@pytest.fixture(params=[_own, _reference], ids=["own client", "botocore"])
def store(request: pytest.FixtureRequest, emulator: RunningEmulator) -> Store:
    names = emulator.fresh_tables().names
    dynamodb = request.param(emulator)
    return Store(Tables(dynamodb), names["bookings"], names["catalog"], dynamodb)
