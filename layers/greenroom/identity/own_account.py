"""One's own account, for changing the ways into it: that takes a fresh login, and one that still counts."""

from dataclasses import dataclass
from datetime import datetime

from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from greenroom.storage.writes import EXISTS, Check, Write

from .account_changes import commit_with_sessions, ending_others
from .freshness import require_fresh
from .principal import Principal
from .sessions import Sessions
from .users import User, Users


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Finds the account of the one who calls."""

    users: Users
    sessions: Sessions

    def freshly(self, principal: Principal, now: datetime) -> User:
        """Return the account as it is now; raise ``FreshLoginRequired`` or ``Unauthenticated``.

        The session must have begun under the account's present credentials: whoever came in before they
        changed must not add a way of his own.
        """
        require_fresh(principal, now)
        user = self.users.by_id(principal.user_id)
        session = self.sessions.find(principal.user_id, principal.session_id)
        if user is None or user.disabled or session is None:
            raise Unauthenticated
        if session.credentials_version != user.credentials_version:
            raise Unauthenticated
        return user

    def change_ending_others(
        self, principal: Principal, user: User, writes: list[Write], now: datetime
    ) -> None:
        """Commit ``writes`` that change the ways into the account; all sessions but this one end.

        Raises ``ConditionFailed`` when the account has changed since it was read, or this session has ended.
        """
        version = user.credentials_version + 1
        commit_with_sessions(
            self.sessions,
            [*writes, self.users.change(user, credentials_version=version)],
            user_id=user.id,
            effect=ending_others(self.sessions, kept=principal.session_id, credentials_version=version),
            now=now,
            demanded=principal.session_id,
        )

    def still_logged_in(self, principal: Principal) -> Check:
        """Return the demand that the session has not been ended meanwhile."""
        key = keys.session(principal.user_id, principal.session_id)
        return Check(self.sessions.identity_table, key, when=EXISTS)
