"""The world of these tests: tables and a key of the emulator's, shared; people and clocks of one's own."""

from collections.abc import Iterator
from typing import Any

import pytest

from greenroom.aws.client import DYNAMODB, KMS
from greenroom.identity.settings import IdentitySettings
from greenroom.telemetry.logs import add_sink, remove_sink
from local.resources import own_client, signing_key
from tests.service.identity.world import World
from tests.support.emulator import RunningEmulator


@pytest.fixture(scope="module")
def settings(emulator: RunningEmulator) -> IdentitySettings:
    tables = emulator.fresh_tables().names
    return IdentitySettings.read(
        {
            "STAGE": "test",
            "IDENTITY_TABLE": tables["identity"],
            "LIMITS_TABLE": tables["limits"],
            "CATALOG_TABLE": tables["catalog"],
            "BOOKINGS_TABLE": tables["bookings"],
            "CURSOR_SECRET_ID": "cursors",
            "TOKEN_KEY_IDS": signing_key(emulator.url),
            "TOKEN_ISSUER": "https://greenroom.test",
            "TOKEN_AUDIENCE": "greenroom-api",
            "PUBLIC_URL": "https://greenroom.test",
            "MAIL_FROM": "Greenroom <no-reply@greenroom.test>",
        }
    )


@pytest.fixture(scope="module")
def clients(emulator: RunningEmulator) -> tuple[Any, Any]:
    return own_client(DYNAMODB, emulator.url), own_client(KMS, emulator.url)


@pytest.fixture
def world(settings: IdentitySettings, clients: tuple[Any, Any]) -> World:
    dynamodb, kms = clients
    return World(settings, dynamodb, kms)


@pytest.fixture
def security_events() -> Iterator[list[dict[str, Any]]]:
    """The security lines that are written while the test runs."""
    lines: list[dict[str, Any]] = []

    def keep(line: dict[str, Any]) -> None:
        if line.get("category") in {"auth", "security"}:
            lines.append(line)

    add_sink(keep)
    yield lines
    remove_sink(keep)
