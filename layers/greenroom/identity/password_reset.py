"""Setting a new password by a token that only the address's owner gets.

Whatever address is given, the same is read, written and mailed, so that neither the answer nor its time
tells whether it has an account.
"""

from dataclasses import dataclass
from email.message import EmailMessage

from pydantic import Secret

from greenroom.mail import Mailer
from greenroom.storage.items import Item
from greenroom.telemetry.logs import log_auth

from .account_changes import commit_with_sessions
from .clock import Clock
from .emails import Email, parse_email
from .guesses import Guesses
from .letters import Letters
from .notices import tell
from .one_time import OneTimeTokens, credentials
from .passwords import Passwords, check_acceptable
from .races import decided_anew
from .refusals import InvalidToken
from .sessions import Sessions
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset:
    """Mails reset tokens and takes them back. A second factor stays what it is."""

    tokens: OneTimeTokens
    users: Users
    sessions: Sessions
    passwords: Passwords
    guesses: Guesses
    letters: Letters
    mailer: Mailer
    clock: Clock

    def request(self, email: str) -> None:
        """Mail a token, or that there is no account; raise ``InvalidEmail`` or ``Unavailable``."""
        address = parse_email(email)
        self.mailer.send(decided_anew(lambda: self._request(address)))

    def _request(self, address: Email) -> EmailMessage:
        now = self.clock()
        found = self.users.by_email(address.folded)
        user = found if found and not found.disabled else None
        # By address, not by user: two requests at once meet in the same item whether there is one or not.
        issued = self.tokens.issue(subject=address.folded, user=user, now=now)
        self.tokens.tables.write(*issued.writes)
        log_auth("authn_token_created", "INFO", user_id=user.id if user else None, purpose="password_reset")
        if user is None:
            return self.letters.nothing_to_reset(address.display)
        return self.letters.password_reset(
            user.email, issued.token, requested_at=now, expires_at=issued.expires_at
        )

    def confirm(self, token: Secret[str], password: Secret[str]) -> None:
        """Use up a token for a new password; all sessions end.

        Raises ``InvalidToken``, ``WeakPassword``, which leaves the token as it is, or ``Unavailable``.
        """
        now = self.clock()
        _, user = self._found(token)
        check_acceptable(password, parse_email(user.email), user.display_name, field="new_password")
        password_hash = self.passwords.hash(password)
        decided_anew(lambda: self._confirm(token, password_hash))
        self.guesses.clear(user.folded_email)
        log_auth("authn_password_change", "WARN", user_id=user.id, by="reset")
        tell(self.mailer, self.letters.password_changed(user.email, at=now))

    def _found(self, token: Secret[str]) -> tuple[Item, User]:
        item = self.tokens.find(token, self.clock())
        user = self.users.by_id(item["user_id"]) if item and item["user_id"] else None
        if item is None or user is None or user.disabled:
            raise InvalidToken
        # The account may have a new password or another address by now.
        if item["credentials"] != credentials(user) or item["subject"] != user.folded_email:
            raise InvalidToken
        return item, user

    def _confirm(self, token: Secret[str], password_hash: Secret[str]) -> None:
        item, user = self._found(token)
        changed = self.users.change(
            user,
            password_hash=password_hash,
            # Whoever has the token reads the address's mail.
            verified=True,
            credentials_version=user.credentials_version + 1,
        )
        commit_with_sessions(
            self.sessions,
            [changed, *self.tokens.use(token, item)],
            user_id=user.id,
            effect=self.sessions.ending,
            now=self.clock(),
        )
