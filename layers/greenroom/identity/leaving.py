"""Logging out, here and elsewhere."""

from dataclasses import dataclass

from greenroom.refusals import Unauthenticated
from greenroom.telemetry.logs import log_auth

from .account_changes import commit_with_sessions
from .clock import Clock
from .races import decided_anew
from .sessions import Sessions
from .users import Users


@dataclass(frozen=True, slots=True)
class Leaving:
    """Ends sessions at their user's wish."""

    users: Users
    sessions: Sessions
    clock: Clock

    def one(self, user_id: str, session_id: str) -> None:
        """End one session; it may have ended already."""
        self.sessions.end(user_id, session_id)
        log_auth("authn_token_revoked", "INFO", user_id=user_id, session_id=session_id)

    def everywhere(self, user_id: str) -> None:
        """End every session of a user together; none that began before can be continued."""
        decided_anew(lambda: self._everywhere(user_id))

    def _everywhere(self, user_id: str) -> None:
        user = self.users.by_id(user_id)
        if user is None:
            raise Unauthenticated
        commit_with_sessions(
            self.sessions,
            [self.users.change(user, credentials_version=user.credentials_version + 1)],
            user_id=user.id,
            effect=self.sessions.ending,
            now=self.clock(),
        )
        log_auth("authn_token_revoked", "INFO", user_id=user.id, sessions="all")
