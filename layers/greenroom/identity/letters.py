"""The mails of identity.

Anybody can have them sent to any address, so nothing that somebody typed stands in them: neither name
nor text could carry another sender's message.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import make_msgid


@dataclass(frozen=True, slots=True)
class Letters:
    """Composes the mails."""

    public_url: str
    """Where links lead."""
    mail_from: str

    def verification(
        self, mailbox: str, token: str, *, registered_at: datetime, expires_at: datetime
    ) -> EmailMessage:
        """Ask the owner of an address to confirm it."""
        return self._letter(
            mailbox,
            "Confirm your e-mail address",
            f"""\
Hello,

somebody registered with Greenroom with this e-mail address on {_day_and_time(registered_at)}.
If it was you, confirm the address:

{self.public_url.rstrip("/")}/verify-email?token={token}

If you are asked for a token, it is {token}

It works once, until {_day_and_time(expires_at)}. From then on the name and the
password of that registration apply. If it was not you, ignore this mail: without it
nobody can confirm your address.
""",
        )

    def already_registered(self, mailbox: str) -> EmailMessage:
        """Tell the owner of an account that somebody tried to register its address again."""
        return self._letter(
            mailbox,
            "You already have an account",
            """\
Hello,

somebody, perhaps you, tried to register with Greenroom with this e-mail address. It
belongs to your account already, and nothing has changed: log in with the password you
have.
""",
        )

    def _letter(self, mailbox: str, subject: str, text: str) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self.mail_from
        letter["To"] = mailbox
        letter["Subject"] = subject
        letter["Message-ID"] = make_msgid(domain=self.mail_from.rpartition("@")[2].rstrip("> "))
        letter.set_content(text)
        return letter


def _day_and_time(when: datetime) -> str:
    # The month's name from a list of its own: strftime's depends on the machine's locale.
    months = "January February March April May June July August September October November December"
    utc = when.astimezone(UTC)
    return f"{utc.day} {months.split()[utc.month - 1]} {utc.year} at {utc:%H:%M} UTC"
