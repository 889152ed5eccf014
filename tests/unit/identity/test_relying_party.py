"""Which domain and which pages passkeys are for."""

import subprocess
import sys
from pathlib import Path

import pytest

from greenroom.identity.relying_party import RelyingParty
from greenroom.identity.settings import IdentitySettings
from greenroom.settings import InvalidSettings

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "STAGE": "test",
    "IDENTITY_TABLE": "identity",
    "LIMITS_TABLE": "limits",
    "CATALOG_TABLE": "catalog",
    "BOOKINGS_TABLE": "bookings",
    "CURSOR_SECRET_ID": "cursors",
    "TOKEN_KEY_IDS": "key-1",
    "TOKEN_ISSUER": "https://greenroom.test",
    "TOKEN_AUDIENCE": "greenroom-api",
    "PUBLIC_URL": "https://api.greenroom.test:8443/prod",
    "MAIL_FROM": "no-reply@greenroom.test",
}


def test_without_settings_it_is_where_people_reach_the_api() -> None:
    party = IdentitySettings.read(ENVIRONMENT).relying_party

    assert party == RelyingParty("api.greenroom.test", ("https://api.greenroom.test:8443",))


def test_a_domain_above_can_be_shared_by_several_pages() -> None:
    origins = "https://app.greenroom.test,https://greenroom.test"

    party = IdentitySettings.read(
        ENVIRONMENT | {"WEBAUTHN_RP_ID": "greenroom.test", "WEBAUTHN_ORIGINS": origins}
    ).relying_party

    assert party == RelyingParty("greenroom.test", ("https://app.greenroom.test", "https://greenroom.test"))


def test_localhost_alone_goes_without_tls() -> None:
    told = ENVIRONMENT | {"WEBAUTHN_RP_ID": "localhost", "WEBAUTHN_ORIGINS": "http://localhost:3000"}

    assert IdentitySettings.read(told).relying_party.origins == ("http://localhost:3000",)


@pytest.mark.parametrize(
    ("party_id", "origin"),
    [
        ("greenroom.test", "https://attacker.test"),
        ("greenroom.test", "https://evilgreenroom.test"),
        ("greenroom.test", "https://greenroom.test.attacker.test"),
        ("greenroom.test", "http://greenroom.test"),
        ("app.greenroom.test", "https://greenroom.test"),
        ("greenroom.test", "https://greenroom.test/"),
        ("", "https://app.greenroom.test"),
    ],
)
def test_an_origin_that_no_browser_would_let_use_them_stops_the_start(party_id: str, origin: str) -> None:
    with pytest.raises(InvalidSettings, match="WEBAUTHN_ORIGINS"):
        IdentitySettings.read(ENVIRONMENT | {"WEBAUTHN_RP_ID": party_id, "WEBAUTHN_ORIGINS": origin})


@pytest.mark.parametrize(
    "party_id", ["https://greenroom.test", "Greenroom.test", "greenroom.test:443", "a..b"]
)
def test_what_is_no_domain_stops_the_start(party_id: str) -> None:
    with pytest.raises(InvalidSettings, match="WEBAUTHN_RP_ID"):
        IdentitySettings.read(ENVIRONMENT | {"WEBAUTHN_RP_ID": party_id})


def test_a_cold_start_loads_nothing_that_only_passkeys_need() -> None:
    probe = (
        "import sys, functions.auth.main\n"
        "import botocore.httpsession\n"
        "print(sorted({'webauthn', 'cbor2', 'OpenSSL'} & set(sys.modules)))"
    )
    outcome = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}", "PATH": ""},
    )

    assert outcome.stdout.strip() == "[]"
