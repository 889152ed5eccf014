"""Fresh tables in the emulator, and the project's own client of them."""

from dataclasses import dataclass
from typing import Any

import pytest

from greenroom.storage.tables import Tables
from local.resources import client
from tests.support.emulator import RunningEmulator


@dataclass(frozen=True, slots=True)
class Store:
    """The bookings table, which has indexes, and another one beside it."""

    tables: Tables
    name: str
    other: str
    dynamodb: Any


@pytest.fixture
def store(emulator: RunningEmulator) -> Store:
    names = emulator.fresh_tables().names
    dynamodb = client("dynamodb", emulator.url)
    return Store(Tables(dynamodb), names["bookings"], names["catalog"], dynamodb)
