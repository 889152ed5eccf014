"""Logging in by password."""

from dataclasses import dataclass

from greenroom.storage.tables import Tables
from greenroom.storage.writes import Write
from greenroom.telemetry.logs import log_security

from .clock import Clock
from .emails import parse_email
from .grants import Grant
from .passwords import Passwords
from .races import decided_anew
from .refusals import InvalidCredentials, InvalidEmail
from .sessions import Sessions
from .tokens import TokenSigner
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Opens sessions. No account, a wrong password and a disabled account cost and say the same."""

    tables: Tables
    users: Users
    sessions: Sessions
    passwords: Passwords
    signer: TokenSigner
    clock: Clock

    def log_in(self, email: str, password: str) -> Grant:
        """Return the first tokens of a new session; raise ``InvalidCredentials`` or ``Unavailable``."""
        return decided_anew(lambda: self._log_in(email, password))

    def _log_in(self, email: str, password: str) -> Grant:
        user = self._authenticated(email, password)
        now = self.clock()
        opened = self.sessions.opening(user, now)
        # Signed before anything is written: a session that nobody got a token for would be left over.
        access = self.signer.issue(
            user_id=user.id,
            session_id=opened.session.id,
            role=user.role,
            not_after=opened.session.expires_at,
            now=now,
        )
        # The password was right for the account as it was read; it has to be that still.
        self.tables.write(self._account_write(user, password), *opened.writes)
        log_security("authn_login_success", "INFO", user_id=user.id, session_id=opened.session.id)
        return Grant(access.text, access.seconds, opened.refresh_token)

    def _authenticated(self, email: str, password: str) -> User:
        user = self.users.by_email(_folded(email))
        right = self.passwords.verify(user.password_hash if user else None, password)
        if user is None or not right or user.disabled:
            log_security("authn_login_fail", "WARN", user_id=user.id if user else None)
            raise InvalidCredentials
        return user

    def _account_write(self, user: User, password: str) -> Write:
        if self.passwords.needs_rehash(user.password_hash):
            return self.users.change(user, password_hash=self.passwords.hash(password))
        return self.users.unchanged(user)


def _folded(email: str) -> str:
    try:
        return parse_email(email).folded
    except InvalidEmail:
        return email  # belongs to no account, and is looked up like any other
