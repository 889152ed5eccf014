"""Changing one's own password, which takes the old one: an open session is not proof enough."""

from dataclasses import dataclass

from pydantic import Secret

from greenroom.mail import Mailer
from greenroom.refusals import Unauthenticated
from greenroom.telemetry.logs import log_auth, log_security

from .account_changes import commit_with_sessions, ending_others
from .clock import Clock
from .emails import parse_email
from .guesses import Guesses
from .letters import Letters
from .notices import tell
from .passwords import Passwords, check_acceptable
from .principal import Principal
from .races import decided_anew
from .refusals import InvalidCredentials
from .sessions import Sessions
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange:
    """Changes passwords."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    guesses: Guesses
    letters: Letters
    mailer: Mailer
    clock: Clock

    def change(
        self, principal: Principal, *, current: Secret[str], new: Secret[str], end_other_sessions: bool
    ) -> None:
        """Change the password of the one who calls; reset tokens from before are void.

        Raises ``InvalidCredentials`` for a wrong current password, ``WeakPassword``, ``Unauthenticated``,
        ``TooManyRequests`` or ``Unavailable``.
        """
        user = self._user(principal)
        guess = self.guesses.count(user.folded_email, self.clock())
        if not self.passwords.verify(user.password_hash, current):
            log_security("authn_password_change_fail", "WARN", user_id=user.id)
            raise InvalidCredentials
        self.guesses.take_back(user.folded_email, guess)
        check_acceptable(new, parse_email(user.email), user.display_name, field="new_password")
        password_hash = self.passwords.hash(new)
        decided_anew(lambda: self._change(principal, user, password_hash, end_other_sessions))
        log_auth(
            "authn_password_change", "INFO", user_id=user.id, by="owner", others_ended=end_other_sessions
        )
        tell(self.mailer, self.letters.password_changed(user.email, at=self.clock()))

    def _user(self, principal: Principal) -> User:
        user = self.users.by_id(principal.user_id)
        if user is None or user.disabled:
            raise Unauthenticated
        return user

    def _change(
        self, principal: Principal, verified: User, password_hash: Secret[str], end_other_sessions: bool
    ) -> None:
        user = self._user(principal)
        if user.password_hash != verified.password_hash:
            raise InvalidCredentials  # it was changed meanwhile, and what was given is not the current one
        if not end_other_sessions:
            self.users.tables.write(self.users.change(user, password_hash=password_hash))
            return
        version = user.credentials_version + 1
        commit_with_sessions(
            self.sessions,
            [self.users.change(user, password_hash=password_hash, credentials_version=version)],
            user_id=user.id,
            effect=ending_others(self.sessions, kept=principal.session_id, credentials_version=version),
            now=self.clock(),
        )
