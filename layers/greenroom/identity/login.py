"""Logging in by password, and by a second factor where the account has one."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Secret

from greenroom.mail import Mailer
from greenroom.storage.writes import Write
from greenroom.telemetry.logs import log_auth, log_security

from .clock import Clock
from .emails import parse_email
from .factor_letters import FactorLetters
from .factor_refusals import MfaRequired
from .grants import Grant
from .guesses import Guesses
from .notices import tell
from .opening import Opening
from .passwords import Passwords
from .races import decided_anew
from .refusals import InvalidCredentials, InvalidEmail
from .second_factors import SecondFactors, Spending
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Opens sessions. No account, a wrong password and a disabled account cost and say the same."""

    users: Users
    passwords: Passwords
    guesses: Guesses
    second_factors: SecondFactors
    opening: Opening
    letters: FactorLetters
    mailer: Mailer
    clock: Clock

    def log_in(self, email: str, password: Secret[str], code: Secret[str] | None = None) -> Grant:
        """Return the first tokens of a new session.

        ``code`` is of the authenticator app, or a recovery code. Raises ``InvalidCredentials``, also for a
        wrong or used code, ``MfaRequired`` when the password was right and the code is missing,
        ``TooManyRequests`` when the account was guessed at too often, or ``Unavailable``.
        """
        guess = self.guesses.count(_folded(email), self.clock())
        try:
            grant, user, spent = decided_anew(lambda: self._log_in(email, password, code))
        except MfaRequired:
            self.guesses.take_back(_folded(email), guess)
            raise
        self.guesses.take_back(_folded(email), guess)
        if spent is not None and spent.recovery_codes_left is not None:
            left = spent.recovery_codes_left
            log_auth("user_updated", "WARN", user_id=user.id, change="recovery_code_used", left=left)
            tell(self.mailer, self.letters.recovery_code_used(user.email, left=left))
        return grant

    def _log_in(
        self, email: str, password: Secret[str], code: Secret[str] | None
    ) -> tuple[Grant, User, Spending | None]:
        user = self._authenticated(email, password)
        now = self.clock()
        spent = self._second_factor(user, code, now)
        # The password was right for the account as it was read; it has to be that still. A second factor
        # that is added meanwhile changes the account too.
        proof: list[Write] = [spent.write] if spent else []
        method = "password" if spent is None else "password and code"
        changes = self._rehashed(user, password)
        return self.opening.grant(user, proof, method=method, now=now, changes=changes), user, spent

    def _authenticated(self, email: str, password: Secret[str]) -> User:
        user = self.users.by_email(_folded(email))
        right = self.passwords.verify(user.password_hash if user else None, password)
        if user is None or not right or user.disabled:
            log_security("authn_login_fail", "WARN", user_id=user.id if user else None)
            raise InvalidCredentials
        return user

    def _second_factor(self, user: User, code: Secret[str] | None, now: datetime) -> Spending | None:
        try:
            return self.second_factors.spending(user.id, code, now)
        except MfaRequired:
            log_security("authn_login_fail", "INFO", user_id=user.id, reason="mfa_required")
            raise
        except InvalidCredentials:
            log_security("authn_login_fail", "WARN", user_id=user.id, reason="second_factor")
            raise

    def _rehashed(self, user: User, password: Secret[str]) -> dict[str, Secret[str]]:
        if self.passwords.needs_rehash(user.password_hash):
            return {"password_hash": self.passwords.hash(password)}
        return {}


def _folded(email: str) -> str:
    try:
        return parse_email(email).folded
    except InvalidEmail:
        return email  # belongs to no account, and is looked up like any other
