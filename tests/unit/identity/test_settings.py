"""The settings of identity, from the environment."""

import pytest

from greenroom.identity.settings import IdentitySettings, TokenSettings
from greenroom.settings import InvalidSettings

ENVIRONMENT = {
    "STAGE": "test",
    "IDENTITY_TABLE": "identity",
    "LIMITS_TABLE": "limits",
    "CATALOG_TABLE": "catalog",
    "BOOKINGS_TABLE": "bookings",
    "CURSOR_SECRET_ID": "cursors",
    "TOKEN_KEY_IDS": "key-1, key-2",
    "TOKEN_ISSUER": "https://greenroom.test",
    "TOKEN_AUDIENCE": "greenroom-api",
    "PUBLIC_URL": "https://greenroom.test",
    "MAIL_FROM": "no-reply@greenroom.test",
}


def test_keys_come_as_a_list_and_durations_have_defaults() -> None:
    settings = IdentitySettings.read(ENVIRONMENT)

    assert settings.token_key_ids == ("key-1", "key-2")
    assert settings.access_token_seconds == 600
    assert settings.verify_email_seconds == 86400


def test_sessions_last_a_week_unused_a_month_in_all_and_are_twenty_at_most() -> None:
    settings = IdentitySettings.read(ENVIRONMENT)

    assert settings.session_seconds == 30 * 86400
    assert settings.session_idle_seconds == 7 * 86400
    assert settings.most_sessions == 20


def test_a_function_that_only_checks_tokens_needs_no_setting_of_accounts() -> None:
    needed = {
        name: ENVIRONMENT[name] for name in ENVIRONMENT if name.startswith(("STAGE", "LIMITS", "TOKEN"))
    }

    assert TokenSettings.read(needed).limits_table == "limits"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_KEY_IDS", " , "),
        ("ACCESS_TOKEN_SECONDS", "0"),
        ("SESSION_SECONDS", "a day"),
        ("MOST_SESSIONS", "0"),
    ],
)
def test_a_malformed_setting_stops_the_start_with_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings, match=name):
        IdentitySettings.read(ENVIRONMENT | {name: value})
