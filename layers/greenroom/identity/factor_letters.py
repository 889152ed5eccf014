"""The mails that tell an account's owner that the ways into it have changed."""

from dataclasses import dataclass
from email.message import EmailMessage

from .letters import Letters

_ADVICE = """\
If it was not you, set a new password at once, which ends every session, and log in to
see what else is set up."""


@dataclass(frozen=True, slots=True)
class FactorLetters(Letters):
    """Composes them."""

    def authenticator_added(self, to: str) -> EmailMessage:
        """Tell that logins by password need a code from now on."""
        return self._notice(
            to,
            "An authenticator app was added to your account",
            """\
an authenticator app was added to your Greenroom account. From now on a login by
password needs one of its codes too, and all other sessions have ended.""",
        )

    def authenticator_removed(self, to: str) -> EmailMessage:
        """Tell that the password is enough again."""
        return self._notice(
            to,
            "The authenticator app was removed from your account",
            """\
the authenticator app was removed from your Greenroom account. From now on the password
alone opens it, the recovery codes are void, and all other sessions have ended.""",
        )

    def recovery_code_used(self, to: str, *, left: int) -> EmailMessage:
        """Tell that somebody came in by a recovery code."""
        return self._notice(
            to,
            "A recovery code of your account was used",
            f"""\
somebody logged in to your Greenroom account with the password and a recovery code.
That code does not work again; {left} are left.""",
        )

    def passkey_added(self, to: str) -> EmailMessage:
        """Tell that there is one more passkey."""
        return self._notice(
            to,
            "A passkey was added to your account",
            """\
a passkey was added to your Greenroom account. Who holds the device with it can log in
without the password.""",
        )

    def passkey_removed(self, to: str) -> EmailMessage:
        """Tell that there is one passkey less."""
        return self._notice(
            to,
            "A passkey was removed from your account",
            """\
a passkey was removed from your Greenroom account. It does not open it any more, and
all other sessions have ended.""",
        )

    def factors_removed(self, to: str) -> EmailMessage:
        """Tell that the operator has taken off whatever stood beside the password."""
        return self._letter(
            to,
            "Your account opens by its password alone",
            """\
Hello,

at the request of somebody who said to be you, and whom we have identified, we have taken
the authenticator app, its recovery codes and all passkeys off your Greenroom account. All
sessions have ended, and from now on the password alone opens it.

Set up an authenticator app or a passkey again when you are logged in. If it was not you
who asked, set a new password at once and write to us.
""",
        )

    def _notice(self, to: str, subject: str, what: str) -> EmailMessage:
        return self._letter(to, subject, f"Hello,\n\n{what}\n\n{_ADVICE}\n")
