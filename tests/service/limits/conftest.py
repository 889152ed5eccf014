"""A table of limits in the emulator, shared; keys are each test's own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from greenroom.aws.client import DYNAMODB
from greenroom.limits.hits import HitLists
from greenroom.storage import keys
from greenroom.storage.keys import Key
from greenroom.storage.tables import Tables
from local.resources import own_client
from tests.support.emulator import RunningEmulator

# Far ahead: the emulator drops what has expired by the machine's own clock.
NOW = datetime(2046, 12, 1, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Store:
    """The table and its client."""

    dynamodb: Any
    table: str

    @property
    def lists(self) -> HitLists:
        return self.over(self.dynamodb)

    def over(self, dynamodb: Any) -> HitLists:
        """Return the lists reached through another client."""
        return HitLists(Tables(dynamodb), self.table)

    def key(self) -> Key:
        """Return a key that no other test uses."""
        return keys.quota("test", uuid4().hex)


@pytest.fixture(scope="module")
def store(emulator: RunningEmulator) -> Store:
    return Store(own_client(DYNAMODB, emulator.url), emulator.fresh_tables().names["limits"])


def after(milliseconds: int) -> datetime:
    """Return a moment so long after the start."""
    return NOW + timedelta(milliseconds=milliseconds)
