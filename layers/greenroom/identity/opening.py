"""Opening a session for somebody who has proven to be the account's owner, by whatever means.

An account has so many live sessions at most. One more login ends the oldest of them, in the transaction
that begins the new one. What that costs: the account's own item keeps a bound of how many can be live, and
a login that stays below it counts itself by the write that demands the account unchanged anyway. Only at
the bound are sessions looked up, and the bound is brought down to what was found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from greenroom.storage.writes import Update, Write
from greenroom.telemetry.logs import log_auth

from .grants import Grant
from .sessions import Session, Sessions
from .tokens import TokenSigner
from .users import User, Users

_MOST_ENDED = 40
"""How many sessions one login can end, two writes each: after the cap has come down, several logins do."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Writes a session together with what its proof uses up."""

    users: Users
    sessions: Sessions
    signer: TokenSigner
    most: int
    """How many sessions of one account live at the same time."""

    def grant(
        self,
        user: User,
        proof: list[Write],
        *,
        method: str,
        now: datetime,
        changes: Mapping[str, Any] = _NOTHING,
    ) -> Grant:
        """Return the first tokens of a new session.

        ``user`` is the account as it was read, and has to be that still. ``proof`` are the writes by which
        what was checked is used up; where one fails nothing is written. ``method`` is for the audit trail,
        ``changes`` are fields of the account that the login brings up to date.
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
        counted, ended = self._counted(user, changes, now)
        ending = chain.from_iterable(map(self.sessions.ending, ended))
        self.sessions.tables.write(counted, *proof, *opened.writes, *ending)
        for session in ended:
            log_auth("authn_token_revoked", "INFO", user_id=user.id, session_id=session.id, reason="too_many")
        log_auth("authn_login_success", "INFO", user_id=user.id, session_id=opened.session.id, method=method)
        return Grant(access.text, access.seconds, opened.refresh_token)

    def _counted(self, user: User, changes: Mapping[str, Any], now: datetime) -> tuple[Update, list[Session]]:
        """Return the account's write with one more session counted, and the sessions that end for it."""
        if user.sessions_bound is not None and user.sessions_bound < self.most:
            return self.users.counting(user, most=self.most, **changes), []
        # The account's version, which this write changes, tells whether sessions were counted meanwhile;
        # at the bound none can have begun otherwise. So what is found here is exact when it is written.
        live = self.sessions.of(user.id, now)
        ended = live[: max(0, len(live) + 1 - self.most)][:_MOST_ENDED]
        bound = len(live) - len(ended) + 1
        return self.users.change(user, sessions_bound=bound, **changes), ended
