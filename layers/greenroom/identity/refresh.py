"""Continuing a session: each refresh token works once, and a second use ends the session.

Whoever uses a token a second time may be its thief or its owner, and nobody can tell which: so the
session ends for both, and the owner logs in again. Two tabs that refresh at once are no theft: right
after a rotation, before the new token has been used, the old one is refused and nothing more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import Secret

from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import ABSENT, PRESENT, Update
from greenroom.telemetry.logs import log_security

from .bearer_secrets import has_form, new_secret
from .clock import Clock, epoch
from .grants import Grant
from .races import decided_anew
from .sessions import Session, Sessions
from .tokens import TokenSigner
from .users import User, Users

FORGIVEN = timedelta(seconds=10)
"""How long a use of the immediate predecessor counts as two tabs at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """Rotates refresh tokens."""

    tables: Tables
    users: Users
    sessions: Sessions
    signer: TokenSigner
    clock: Clock

    def refresh(self, token: Secret[str]) -> Grant:
        """Use up a refresh token for the next pair; raise ``Unauthenticated`` or ``Unavailable``."""
        if not has_form(token):
            raise Unauthenticated
        return decided_anew(lambda: self._refresh(token))

    def _refresh(self, token: Secret[str]) -> Grant:
        now = self.clock()
        stored = self.tables.get(self.sessions.identity_table, keys.refresh_token(token))
        if stored is None or stored["expires_at"] <= epoch(now):
            raise Unauthenticated
        session = self.sessions.find(stored["user_id"], stored["session_id"])
        if session is None:
            raise Unauthenticated
        if "used_at" in stored:
            self._answer_reuse(stored, session, now)
            raise Unauthenticated
        user = self.users.by_id(session.user_id)
        lapsed = session.lapses_at <= epoch(now)
        changed = user is None or user.credentials_version != session.credentials_version
        if user is None or user.disabled or changed or lapsed:
            self.sessions.end(session.user_id, session.id)
            raise Unauthenticated
        return self._rotate(token, session, user, now)

    def _answer_reuse(self, stored: Item, session: Session, now: datetime) -> None:
        """End the session, unless the use can be that of a second tab."""
        successor_unused = session.refresh_digest == stored["successor"]
        forgiven = successor_unused and now - datetime.fromisoformat(stored["used_at"]) <= FORGIVEN
        if not forgiven:
            self.sessions.end(session.user_id, session.id)
        log_security(
            "authn_token_reuse",
            "WARN" if forgiven else "CRITICAL",
            user_id=session.user_id,
            session_id=session.id,
            session_ended=not forgiven,
        )

    def _rotate(self, token: Secret[str], session: Session, user: User, now: datetime) -> Grant:
        successor = new_secret()
        continued, continuing = self.sessions.continued(session, token, successor, now)
        access = self.signer.issue(
            user_id=user.id,
            session_id=session.id,
            role=user.role,
            not_after=session.expires_at,
            now=now,
        )
        self.tables.write(
            Update(
                self.sessions.identity_table,
                keys.refresh_token(token),
                assign={
                    "used_at": now.astimezone(UTC).isoformat(),
                    "successor": keys.secret_digest(successor),
                },
                when={"pk": PRESENT, "used_at": ABSENT},
            ),
            self.sessions.token_put(session, successor),
            continuing,
            # Written anew rather than checked: this brings it in line with the account.
            self.sessions.living(continued, user),
            self.users.unchanged(user),
        )
        return Grant(access.text, access.seconds, successor)
