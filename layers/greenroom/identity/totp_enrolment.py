"""Setting up an authenticator app, and removing it.

A secret is worth nothing until a code of it came back: so nobody locks himself out by a picture that was
never scanned. That first code is used by it. Sessions that began without a code end, but for one's own.
"""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import Secret

from greenroom.mail import Mailer
from greenroom.storage import keys
from greenroom.storage.tables import Tables
from greenroom.storage.writes import Delete, Put
from greenroom.telemetry.logs import log_auth

from .clock import Clock, epoch
from .factor_letters import FactorLetters
from .factor_refusals import InvalidCode, TotpAlreadyOn, TotpNotStarted
from .notices import tell
from .own_account import OwnAccount
from .principal import Principal
from .races import decided_anew
from .recovery_codes import new_recovery_codes, recovery_digest
from .second_factors import SecondFactors
from .totp_codes import matching_step, new_totp_secret, otpauth_uri
from .users import User

PENDING = timedelta(minutes=10)
"""How long a secret waits for its first code."""


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """What an authenticator app needs: the secret to type, or the URI to scan."""

    secret: Secret[str]
    uri: Secret[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpEnrolment:
    """Adds and removes authenticators. All of it needs a fresh login: raises ``FreshLoginRequired``."""

    tables: Tables
    account: OwnAccount
    second_factors: SecondFactors
    letters: FactorLetters
    mailer: Mailer
    clock: Clock

    def begin(self, principal: Principal) -> TotpSecret:
        """Return a new secret, in place of one that still waits; raise ``TotpAlreadyOn``."""
        now = self.clock()
        user = self.account.freshly(principal, now)
        if self.second_factors.is_on(user.id):
            raise TotpAlreadyOn
        secret = new_totp_secret()
        expires_at = epoch(now + PENDING)
        pending = {
            **keys.pending_totp(user.id)._asdict(),
            "secret": secret,
            "expires_at": expires_at,
            "ttl": expires_at,
        }
        self.tables.write(Put(self.account.users.table, pending))
        return TotpSecret(secret, otpauth_uri(secret, user.email))

    def confirm(self, principal: Principal, code: Secret[str]) -> list[Secret[str]]:
        """Switch the second factor on by its first code and return the recovery codes, never shown again.

        Raises ``InvalidCode``, ``TotpNotStarted`` or ``TotpAlreadyOn``.
        """
        user, recovery_codes = decided_anew(lambda: self._confirm(principal, code))
        log_auth("user_updated", "INFO", user_id=user.id, change="mfa_enabled")
        tell(self.mailer, self.letters.authenticator_added(user.email))
        return recovery_codes

    def _confirm(self, principal: Principal, code: Secret[str]) -> tuple[User, list[Secret[str]]]:
        now = self.clock()
        user = self.account.freshly(principal, now)
        if self.second_factors.is_on(user.id):
            raise TotpAlreadyOn
        pending = self.tables.get(self.account.users.table, keys.pending_totp(user.id))
        if pending is None or pending["expires_at"] <= epoch(now):
            raise TotpNotStarted
        secret = Secret(pending["secret"])
        step = matching_step(secret, code, epoch(now))
        if step is None:
            raise InvalidCode
        recovery_codes = new_recovery_codes()
        adding = self.second_factors.adding(
            user.id,
            secret=secret,
            used_step=step,
            recovery_digests=[digest for each in recovery_codes if (digest := recovery_digest(each))],
            now=now,
        )
        confirmed = Delete(self.account.users.table, keys.pending_totp(user.id), when={"secret": secret})
        self.account.change_ending_others(principal, user, [confirmed, adding], now)
        return user, recovery_codes

    def remove(self, principal: Principal) -> None:
        """Switch the second factor off, its recovery codes with it. Done already: nothing to do.

        All other sessions end: whoever is in one must not find the account easier to keep than before.
        """
        user = decided_anew(lambda: self._remove(principal))
        if user is not None:
            log_auth("user_updated", "WARN", user_id=user.id, change="mfa_disabled")
            tell(self.mailer, self.letters.authenticator_removed(user.email))

    def _remove(self, principal: Principal) -> User | None:
        now = self.clock()
        user = self.account.freshly(principal, now)
        if not self.second_factors.is_on(user.id):
            return None
        self.account.change_ending_others(principal, user, [self.second_factors.removing(user.id)], now)
        return user
