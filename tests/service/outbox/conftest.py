"""The outbox's world, one for each test; and the function itself, wired to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.outbox import main
from greenroom import mail
from local.resources import client
from tests.service.outbox.world import DOMAIN, MAIL_FROM, World
from tests.support.emulator import RunningEmulator

Handler = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="session")
def verified_sender(emulator: RunningEmulator) -> RunningEmulator:
    client("sesv2", emulator.url).create_email_identity(EmailIdentity=DOMAIN)
    return emulator


@pytest.fixture
def world(verified_sender: RunningEmulator) -> World:
    return World(verified_sender)


@pytest.fixture
def handler(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """The function's handler as Lambda would call it, composed anew from a stage's environment."""
    clients = {"dynamodb": world.dynamodb, "sesv2": world.ses, "sqs": world.queue.sqs}
    monkeypatch.setattr(main, "client", clients.__getitem__)
    monkeypatch.setattr(mail, "client", clients.__getitem__)
    for name, value in {
        "STAGE": "test",
        "BOOKINGS_TABLE": world.names["bookings"],
        "IDENTITY_TABLE": world.names["identity"],
        "MAIL_FROM": MAIL_FROM,
        "PUBLIC_URL": f"https://{DOMAIN}",
        "UNDELIVERED_QUEUE_URL": world.queue.url,
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    yield lambda event: main.handler(event, None)
    forget()


def forget() -> None:
    """Make the function compose itself anew."""
    main._settings.cache_clear()
    main._outbox.cache_clear()
