"""What each probe takes for well and what not, and which addresses may be probed at all."""

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.health import probes
from functions.health.settings import HealthSettings
from greenroom.settings import InvalidSettings
from tests.unit.gateway.test_start import COMMON, SETTINGS


@dataclass
class Ses:
    answer: dict[str, Any] | Exception

    def get_email_identity(self, **asked: str) -> dict[str, Any]:
        assert asked == {"EmailIdentity": "a.test"}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "GetEmailIdentity")


@pytest.mark.parametrize("answer", [{"VerifiedForSendingStatus": True}, refused("TooManyRequestsException")])
def test_mail_is_well_if_the_domain_may_send_or_others_have_just_asked(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(probes, "client", lambda _: Ses(answer))

    probes.ask_mail("a.test")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"VerifiedForSendingStatus": False}, probes.NotVerified),
        ({}, probes.NotVerified),
        (refused("NotFoundException"), ClientError),
        (refused("AccessDeniedException"), ClientError),
    ],
)
def test_mail_is_not_well_if_the_domain_may_not_send(
    monkeypatch: pytest.MonkeyPatch, answer: Any, error: type[Exception]
) -> None:
    monkeypatch.setattr(probes, "client", lambda _: Ses(answer))

    with pytest.raises(error):
        probes.ask_mail("a.test")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://pay.test",
        "pay.test",
        "https://key:hunter2@pay.test",  # pragma: allowlist secret
        "https://pay.test?key=hunter2",
        "https://pay.test/#hunter2",
        "https://",
    ],
)
def test_an_address_is_one_without_credentials(address: str) -> None:
    with pytest.raises(InvalidSettings, match="PAYMENT_API_URL") as refusal:
        HealthSettings.read(COMMON | SETTINGS["health"] | {"PAYMENT_API_URL": address})

    assert "hunter2" not in str(refusal.value)


def test_without_an_address_the_providers_own_is_probed_and_no_cdn() -> None:
    settings = HealthSettings.read(COMMON | SETTINGS["health"])

    assert (settings.payment_api_url, settings.cdn_url) == ("https://api.stripe.com", None)
    assert settings.mail_domain == "a.test"
