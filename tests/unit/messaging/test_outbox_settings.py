from email.headerregistry import Address

import pytest

from greenroom.messaging.settings import OutboxSettings
from greenroom.settings import InvalidSettings

ENVIRONMENT = {
    "STAGE": "test",
    "BOOKINGS_TABLE": "bookings",
    "IDENTITY_TABLE": "identity",
    "MAIL_FROM": "bookings@greenroom.test",
    "PUBLIC_URL": "https://greenroom.test",
    "UNDELIVERED_QUEUE_URL": "https://queue.test/undelivered",
}


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("bookings@greenroom.test", Address("Greenroom", addr_spec="bookings@greenroom.test")),
        ("Bookings <b@greenroom.test>", Address("Bookings", addr_spec="b@greenroom.test")),
    ],
)
def test_the_sender_has_a_name_whether_or_not_the_stage_gives_one(text: str, sender: Address) -> None:
    assert OutboxSettings.read(ENVIRONMENT | {"MAIL_FROM": text}).sender == sender


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "@greenroom.test"),
        ("MAIL_FROM", "bücher@greenroom.test"),
        ("MAIL_FROM", "a@b.test\r\nBcc: eve@evil.test"),
        ("PUBLIC_URL", "greenroom.test"),
        ("PUBLIC_URL", "https://greenroom.test/"),
    ],
)
def test_a_malformed_setting_stops_the_start_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings, match=name):
        OutboxSettings.read(ENVIRONMENT | {name: value})


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_setting_stops_the_start_by_its_name(name: str) -> None:
    with pytest.raises(InvalidSettings, match=name):
        OutboxSettings.read({key: value for key, value in ENVIRONMENT.items() if key != name})
