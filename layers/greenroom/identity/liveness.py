"""Which sessions live, and what their users are now: one small item a session, read at each request.

The item, not the token, is the authority for role and verification, and its absence ends a session at
once. It stands in a table that every function may read and that holds no secret.
"""

from dataclasses import dataclass
from datetime import datetime

from greenroom.actors import Role
from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables

from .clock import epoch
from .principal import Principal
from .tokens import Claims


def liveness_item(*, session_id: str, user_id: str, role: Role, verified: bool, expires_at: int) -> Item:
    """Return the item of a live session; ``expires_at`` in epoch seconds."""
    return {
        **keys.live_session(session_id)._asdict(),
        "user_id": user_id,
        "role": role.value,
        "verified": verified,
        "expires_at": expires_at,
        "ttl": expires_at,
    }


@dataclass(frozen=True, slots=True)
class LiveSessions:
    """Looks sessions up."""

    tables: Tables
    limits_table: str

    def principal(self, claims: Claims, now: datetime) -> Principal:
        """Return who calls; raise ``Unauthenticated`` when the session has ended or is another's."""
        live = self.tables.get(self.limits_table, keys.live_session(claims.session_id))
        # The table removes outdated items late, so the date decides.
        if live is None or live["user_id"] != claims.user_id or live["expires_at"] <= epoch(now):
            raise Unauthenticated
        return Principal(live["user_id"], Role(live["role"]), claims.session_id, live["verified"])
