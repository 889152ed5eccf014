"""The mails of identity, as their reader gets them."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from greenroom.identity.bearer_secrets import new_secret
from greenroom.identity.letters import Letters

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def received(letter: EmailMessage) -> EmailMessage:
    read = message_from_bytes(letter.as_bytes(policy=SMTP), policy=SMTP)
    assert isinstance(read, EmailMessage)
    return read


def test_the_verification_mail_holds_a_link_and_the_token_by_itself() -> None:
    token = new_secret()

    mail = received(
        Letters("https://greenroom.test/", "Greenroom <no-reply@greenroom.test>").verification(
            "ann@example.com", token, registered_at=NOW, expires_at=NOW + timedelta(days=1)
        )
    )

    lines = mail.get_content().splitlines()
    assert f"https://greenroom.test/verify-email?token={token.get_secret_value()}" in lines
    assert f"If you are asked for a token, it is {token.get_secret_value()}" in lines
    assert "1 December 2026 at 10:00 UTC" in mail.get_content()
    assert "2 December 2026 at 10:00 UTC" in mail.get_content()


def test_a_mail_names_its_sender_its_one_reader_and_itself() -> None:
    letters = Letters("https://greenroom.test", "Greenroom <no-reply@greenroom.test>")

    first, second = (received(letters.already_registered("ann@xn--bcher-kva.test")) for _ in range(2))

    assert first["From"] == "Greenroom <no-reply@greenroom.test>"
    assert first["To"] == "ann@xn--bcher-kva.test"
    assert first["Message-ID"].endswith("@greenroom.test>")
    assert first["Message-ID"] != second["Message-ID"]
    assert "token" not in first.get_content()
