"""Opening a session for somebody who has proven to be the account's owner, by whatever means."""

from dataclasses import dataclass
from datetime import datetime

from greenroom.storage.tables import Tables
from greenroom.storage.writes import Write
from greenroom.telemetry.logs import log_security

from .grants import Grant
from .sessions import Sessions
from .tokens import TokenSigner
from .users import User


@dataclass(frozen=True, slots=True)
class Opening:
    """Writes a session together with what its proof uses up."""

    tables: Tables
    sessions: Sessions
    signer: TokenSigner

    def grant(self, user: User, proof: list[Write], *, method: str, now: datetime) -> Grant:
        """Return the first tokens of a new session.

        ``proof`` are the writes by which what was checked still holds, or is used up; where one fails
        nothing is written. ``method`` is for the audit trail.
        """
        opened = self.sessions.opening(user, now)
        # Signed before anything is written: a session that nobody got a token for would be left over.
        access = self.signer.issue(
            user_id=user.id,
            session_id=opened.session.id,
            role=user.role,
            not_after=opened.session.expires_at,
            now=now,
        )
        self.tables.write(*proof, *opened.writes)
        log_security(
            "authn_login_success", "INFO", user_id=user.id, session_id=opened.session.id, method=method
        )
        return Grant(access.text, access.seconds, opened.refresh_token)
