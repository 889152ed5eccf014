"""Sessions: opened by a login, continued by rotating refresh tokens, ended at once.

A session ends by itself twice over: some time after its login, whatever is done, and sooner when nobody
continues it for long.

A session is two items that are written and removed together: its own, beside its user, and its liveness,
which every function reads. Each refresh token is an item too, kept after its use so that a second use
shows. Only digests of tokens are stored.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import Secret

from greenroom.identifiers import new_id
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Check, Delete, Put, Update, Write

from .bearer_secrets import new_secret
from .clock import epoch
from .liveness import liveness
from .users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One login that goes on."""

    id: str
    user_id: str
    expires_at: int
    """Epoch seconds; refreshing does not move it."""
    lapses_at: int
    """Epoch seconds; when it ends unless it is refreshed before, at ``expires_at`` the latest."""
    refresh_digest: str
    """The digest of the one refresh token that has not been used."""
    credentials_version: int
    """The account's at the login."""
    authenticated_at: int
    """When the login was, in epoch seconds."""
    refreshed_at: int
    """When it was last continued, in epoch seconds; at first the login."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session about to be written, and its first refresh token."""

    session: Session
    refresh_token: Secret[str]
    writes: list[Write]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Finds sessions, and makes the writes that open, mark and end them."""

    tables: Tables
    identity_table: str
    limits_table: str
    seconds: int
    """How long a session lasts, however often it is refreshed."""
    idle_seconds: int
    """How long it lasts without being refreshed."""

    def opening(self, user: User, now: datetime) -> Opened:
        """Return a new session of ``user`` with the writes that make it."""
        token = new_secret()
        expires_at = epoch(now) + self.seconds
        session = Session(
            id=new_id("ses", now),
            user_id=user.id,
            expires_at=expires_at,
            lapses_at=self._lapse(expires_at, now),
            refresh_digest=keys.secret_digest(token),
            credentials_version=user.credentials_version,
            authenticated_at=epoch(now),
            refreshed_at=epoch(now),
        )
        item = {
            **keys.session(user.id, session.id)._asdict(),
            **asdict(session),
            "ttl": session.lapses_at,
        }
        return Opened(
            session,
            token,
            [
                Put(self.identity_table, item, when=NEW),
                self.token_put(session, token),
                self.living(session, user),
            ],
        )

    def continued(
        self, session: Session, used: Secret[str], successor: Secret[str], now: datetime
    ) -> tuple[Session, Update]:
        """Return the session with its next refresh token, and the write of it.

        It fails when the session has ended, or ``used`` is not its one token that has not been used.
        """
        changed = {
            "refresh_digest": keys.secret_digest(successor),
            "refreshed_at": epoch(now),
            "lapses_at": self._lapse(session.expires_at, now),
        }
        after = Session(**{**asdict(session), **changed})
        own = keys.session(session.user_id, session.id)
        before = {"refresh_digest": keys.secret_digest(used)}
        return after, Update(
            self.identity_table, own, assign={**changed, "ttl": after.lapses_at}, when=before
        )

    def _lapse(self, expires_at: int, now: datetime) -> int:
        return min(expires_at, epoch(now) + self.idle_seconds)

    def token_put(self, session: Session, token: Secret[str]) -> Put:
        """Return the write of a refresh token of ``session``."""
        item = {
            **keys.refresh_token(token)._asdict(),
            "user_id": session.user_id,
            "session_id": session.id,
            "expires_at": session.expires_at,
            "ttl": session.expires_at,
        }
        return Put(self.identity_table, item, when=NEW)

    def living(self, session: Session, user: User) -> Update:
        """Return the write of the session's liveness. Only where the session itself is demanded too.

        What the item has beyond that, its counted requests, stays: nobody gets a new quota by a refresh.
        """
        return Update(
            self.limits_table,
            keys.live_session(session.id),
            liveness(
                user_id=user.id,
                role=user.role,
                verified=user.verified,
                authenticated_at=session.authenticated_at,
                expires_at=session.lapses_at,
            ),
        )

    def find(self, user_id: str, session_id: str) -> Session | None:
        """Return the session, None when it has ended."""
        item = self.tables.get(self.identity_table, keys.session(user_id, session_id))
        return _session(item) if item else None

    def of(self, user_id: str, now: datetime) -> list[Session]:
        """Return a user's sessions that go on, oldest first."""
        partition, first = keys.session(user_id, "")
        items = self.tables.query_all(
            self.identity_table, partition=("pk", partition), between=("sk", first, f"{first}~")
        )
        return [_session(item) for item in items if item["lapses_at"] > epoch(now)]

    def marking(self, session: Session, user: User) -> list[Write]:
        """Return the writes that tell a session what its user has become, if it goes on."""
        return [
            self.living(session, user),
            Check(self.identity_table, keys.session(session.user_id, session.id), when=EXISTS),
        ]

    def ending(self, session: Session) -> list[Write]:
        """Return the writes that end a session; they may be repeated."""
        return _removal(self, session.user_id, session.id)

    def end(self, user_id: str, session_id: str) -> None:
        """End a session: its next request is refused, and so is its refresh token."""
        self.tables.write(*_removal(self, user_id, session_id))


def _removal(sessions: Sessions, user_id: str, session_id: str) -> list[Write]:
    return [
        Delete(sessions.identity_table, keys.session(user_id, session_id)),
        Delete(sessions.limits_table, keys.live_session(session_id)),
    ]


def _session(item: Item) -> Session:
    return Session(**{name: item[name] for name in Session.__slots__})
