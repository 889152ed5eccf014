"""The identity function as the runtime composes it."""

import pytest

from functions.auth import main
from greenroom.settings import InvalidSettings
from tests.service.identity.world import PASSWORD, World


@pytest.fixture
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The settings of a deployed function, and the emulator's clients in place of AWS's."""
    settings = world.settings
    for name, value in {
        "STAGE": settings.stage,
        "CORS_ORIGINS": "https://app.greenroom.test",
        "IDENTITY_TABLE": settings.identity_table,
        "LIMITS_TABLE": settings.limits_table,
        "CATALOG_TABLE": settings.catalog_table,
        "BOOKINGS_TABLE": settings.bookings_table,
        "CURSOR_SECRET_ID": settings.cursor_secret_id,
        "TOKEN_KEY_IDS": ",".join(settings.token_key_ids),
        "TOKEN_ISSUER": settings.token_issuer,
        "TOKEN_AUDIENCE": settings.token_audience,
        "PUBLIC_URL": settings.public_url,
        "MAIL_FROM": settings.mail_from,
    }.items():
        monkeypatch.setenv(name, value)
    clients = {"dynamodb": world.dynamodb, "kms": world.kms}
    monkeypatch.setattr(main, "client", clients.__getitem__)
    monkeypatch.setattr(main, "gate_client", lambda: world.dynamodb)
    monkeypatch.setattr(main, "SesMailer", lambda: world.mailer)
    return monkeypatch


def test_the_function_issues_tokens_that_it_accepts(world: World, environment: pytest.MonkeyPatch) -> None:
    address = world.verified()

    composed = main.compose()
    grant = composed.app.login.log_in(address, PASSWORD)

    claims = composed.admission.claims(grant.access_token, composed.clock())
    assert composed.admission.sessions is not None
    assert composed.admission.sessions.principal(claims, composed.clock()).verified
    assert composed.admission.quotas is not None
    assert composed.cors_origins == ("https://app.greenroom.test",)


def test_a_missing_setting_stops_the_start_with_its_name(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("TOKEN_KEY_IDS")

    with pytest.raises(InvalidSettings, match="TOKEN_KEY_IDS"):
        main.compose()
