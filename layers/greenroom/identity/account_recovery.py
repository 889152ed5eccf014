"""What the operator does for the owner of an account who has lost what opens it, or whose account is misused.

No route leads here. Whoever asks for it has to have been identified first, which no code can do: see
docs/runbooks/account-recovery.md.
"""

from dataclasses import dataclass
from datetime import datetime

from greenroom.identifiers import is_id
from greenroom.mail import Mailer, MailUnavailable
from greenroom.storage import keys
from greenroom.storage.tables import Tables
from greenroom.storage.writes import Delete, Write
from greenroom.telemetry.logs import log_auth

from .account_changes import commit_with_sessions
from .clock import Clock, system_clock
from .disabling import commit_disabling, commit_enabling
from .emails import parse_email
from .factor_letters import FactorLetters
from .leaving import Leaving
from .operator import OperatorError
from .passkeys import Passkeys
from .races import decided_anew
from .sessions import Sessions
from .users import User, Users

_BY = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecovery:
    """Acts on any account, an admin's too, named by its id or its e-mail address.

    Each method returns the user's id, may be repeated, and raises ``OperatorError`` where there is no such
    account, ``InvalidEmail`` or ``Unavailable``.
    """

    users: Users
    sessions: Sessions
    passkeys: Passkeys
    clock: Clock

    def disable(self, who: str) -> str:
        """End an account's sessions and let it begin no other."""
        return decided_anew(lambda: self._disable(self._account(who), self.clock()))

    def _disable(self, user: User, now: datetime) -> str:
        commit_disabling(self.users, self.sessions, user, by=_BY, now=now)
        return user.id

    def enable(self, who: str) -> str:
        """Let a disabled account log in again."""
        return decided_anew(lambda: self._enable(self._account(who)))

    def _enable(self, user: User) -> str:
        commit_enabling(self.users, user, by=_BY)
        return user.id

    def end_sessions(self, who: str) -> str:
        """End every session of an account; it may begin new ones."""
        user = self._account(who)
        Leaving(self.users, self.sessions, self.clock).everywhere(user.id)
        return user.id

    def remove_factors(self, who: str, letters: FactorLetters, mailer: Mailer) -> str:
        """Take the authenticator app, the recovery codes and all passkeys off an account.

        Its sessions end, and the owner is told by mail, whatever there was to take off: so the command can
        be repeated when the mail has failed, which is an ``OperatorError`` after the fact.
        """
        user = decided_anew(lambda: self._remove_factors(self._account(who)))
        try:
            mailer.send(letters.factors_removed(user.email))
        except MailUnavailable:
            raise OperatorError("it is done, but the mail to the owner failed: repeat the command") from None
        return user.id

    def _remove_factors(self, user: User) -> User:
        found = self.passkeys.of(user.id)
        passkeys = [write for passkey in found for write in self.passkeys.removing(passkey)]
        # Deleted whether they are there or not; whoever adds a factor meanwhile has changed the account.
        app: list[Write] = [
            Delete(self.users.table, key) for key in (keys.second_factor(user.id), keys.pending_totp(user.id))
        ]
        changed = self.users.change(user, credentials_version=user.credentials_version + 1)
        commit_with_sessions(
            self.sessions,
            [changed, *app, *passkeys],
            user_id=user.id,
            effect=self.sessions.ending,
            now=self.clock(),
        )
        log_auth(
            "user_updated",
            "WARN",
            user_id=user.id,
            change="second_factors_removed",
            passkeys=len(found),
            by=_BY,
        )
        return user

    def _account(self, who: str) -> User:
        user = self.users.by_id(who) if is_id(who, "usr") else self.users.by_email(parse_email(who).folded)
        if user is None:
            raise OperatorError("there is no such account")
        return user


def account_recovery(
    tables: Tables, *, identity_table: str, limits_table: str, clock: Clock = system_clock
) -> AccountRecovery:
    """Compose it over the two tables."""
    return AccountRecovery(
        users=Users(tables, identity_table),
        # It opens none and continues none.
        sessions=Sessions(tables, identity_table, limits_table, seconds=0, idle_seconds=0),
        passkeys=Passkeys(tables, identity_table),
        clock=clock,
    )
