"""The mails of identity.

Anybody can have them sent to any address, so nothing that somebody typed stands in them: neither name
nor text could carry another sender's message.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import make_msgid

from pydantic import Secret

from greenroom.mail import deliverable_address


@dataclass(frozen=True, slots=True)
class Letters:
    """Composes the mails."""

    public_url: str
    """Where links lead."""
    mail_from: str

    def verification(
        self, to: str, token: Secret[str], *, registered_at: datetime, expires_at: datetime
    ) -> EmailMessage:
        """Ask the owner of an address to confirm it."""
        return self._letter(
            to,
            "Confirm your e-mail address",
            f"""\
Hello,

somebody registered with Greenroom with this e-mail address on {_day_and_time(registered_at)}.
If it was you, confirm the address:

{self._link("verify-email", token)}

It works once, until {_day_and_time(expires_at)}. From then on the name and the
password of that registration apply. If it was not you, ignore this mail: without it
nobody can confirm your address.
""",
        )

    def already_registered(self, to: str) -> EmailMessage:
        """Tell the owner of an account that somebody tried to register its address again."""
        return self._letter(
            to,
            "You already have an account",
            """\
Hello,

somebody, perhaps you, tried to register with Greenroom with this e-mail address. It
belongs to your account already, and nothing has changed: log in with the password you
have.
""",
        )

    def erased(self, to: str) -> EmailMessage:
        """Tell whoever had an account that it is gone."""
        return self._letter(
            to,
            "Your account has been erased",
            """\
Hello,

your Greenroom account has been erased, as you asked for when you were logged in. What it
held of you is gone, or goes within the hour; bookings that were concluded are kept for the
books, without your name. This is the last mail that we send you. If it was not you, write
to us.
""",
        )

    def password_reset(
        self, to: str, token: Secret[str], *, requested_at: datetime, expires_at: datetime
    ) -> EmailMessage:
        """Let the owner of an account set a new password."""
        return self._letter(
            to,
            "Set a new password",
            f"""\
Hello,

somebody asked for a new password for your Greenroom account on {_day_and_time(requested_at)}.
If it was you, set it here:

{self._link("reset-password", token)}

It works once, until {_day_and_time(expires_at)}, and only the newest mail of this
kind does. If it was not you, ignore this mail: your password stays as it is.
""",
        )

    def nothing_to_reset(self, to: str) -> EmailMessage:
        """Tell the owner of an address that it has no account whose password could be set."""
        return self._letter(
            to,
            "There is no account to reset",
            """\
Hello,

somebody, perhaps you, asked Greenroom for a new password for this e-mail address. No
account with it can be reset. Perhaps you registered with another address; if it was not
you, there is nothing to do.
""",
        )

    def password_changed(self, to: str, *, at: datetime) -> EmailMessage:
        """Tell an account's owner that the password is another one now."""
        return self._letter(
            to,
            "Your password was changed",
            f"""\
Hello,

the password of your Greenroom account was changed on {_day_and_time(at)}. If it was
not you, ask for a new password at once: that ends every session.
""",
        )

    def email_change(
        self, to: str, token: Secret[str], *, requested_at: datetime, expires_at: datetime
    ) -> EmailMessage:
        """Ask the owner of an address whether an account shall move to it."""
        return self._letter(
            to,
            "Confirm your new e-mail address",
            f"""\
Hello,

somebody asked on {_day_and_time(requested_at)} that this be the e-mail address of their
Greenroom account. If it was you, confirm it while you are logged in:

{self._link("change-email", token)}

It works once, until {_day_and_time(expires_at)}. If it was not you, ignore this mail:
without the token nothing happens.
""",
        )

    def address_in_use(self, to: str) -> EmailMessage:
        """Tell the owner of an account that another one cannot move to its address."""
        return self._letter(
            to,
            "Your e-mail address is in use",
            """\
Hello,

somebody, perhaps you, asked that this be the e-mail address of another Greenroom account.
It belongs to your account already, and nothing has changed.
""",
        )

    def email_change_requested(self, to: str, *, at: datetime) -> EmailMessage:
        """Tell an account's owner that it is about to move to another address."""
        return self._letter(
            to,
            "A new e-mail address was asked for",
            f"""\
Hello,

on {_day_and_time(at)} somebody who is logged in to your Greenroom account asked for
another e-mail address for it. If it was not you, set a new password at once: that stops
it, and ends every session.
""",
        )

    def email_changed(self, to: str, *, at: datetime) -> EmailMessage:
        """Tell the owner of an account's former address that it has another one now."""
        return self._letter(
            to,
            "Your e-mail address was changed",
            f"""\
Hello,

your Greenroom account has another e-mail address since {_day_and_time(at)}. Mail about
it does not come here any more. If it was not you, tell us.
""",
        )

    def _link(self, page: str, token: Secret[str]) -> str:
        text = token.get_secret_value()
        # The token stands by itself too, for whoever reads the mail where the link leads nowhere.
        return f"""\
{self.public_url.rstrip("/")}/{page}?token={text}

If you are asked for a token, it is {text}"""

    def _letter(self, to: str, subject: str, text: str) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self.mail_from
        letter["To"] = deliverable_address(to)
        letter["Subject"] = subject
        letter["Message-ID"] = make_msgid(domain=self.mail_from.rpartition("@")[2].rstrip("> "))
        letter.set_content(text)
        return letter


def _day_and_time(when: datetime) -> str:
    # The month's name from a list of its own: strftime's depends on the machine's locale.
    months = "January February March April May June July August September October November December"
    utc = when.astimezone(UTC)
    return f"{utc.day} {months.split()[utc.month - 1]} {utc.year} at {utc:%H:%M} UTC"
