"""Which sessions live, and what their users are now: one small item a session, asked at each request.

The item, not the token, is the authority for role and verification, and its absence ends a session at
once. It also holds the session's latest requests, so that one write decides both whether the session
lives and whether it is within its quota. It stands in a table of its own kind that holds no secret.
"""

from dataclasses import dataclass
from datetime import datetime

from greenroom.actors import Role
from greenroom.limits.hits import Guard, GuardFailed
from greenroom.limits.policies import Policy
from greenroom.limits.quotas import Quotas
from greenroom.limits.standing import Standing
from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables

from .clock import epoch
from .principal import Claims, Principal


def liveness(*, user_id: str, role: Role, verified: bool, authenticated_at: int, expires_at: int) -> Item:
    """Return the attributes of a live session; times in epoch seconds."""
    return {
        "user_id": user_id,
        "role": role.value,
        "verified": verified,
        "authenticated_at": authenticated_at,
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
        if live is None or not _alive(claims, now).holds(live):
            raise Unauthenticated
        return _principal(live, claims)

    def counted(
        self, claims: Claims, now: datetime, quotas: Quotas, policy: Policy
    ) -> tuple[Principal, Standing]:
        """Return who calls and where they stand after this request, in one round trip.

        Raises ``Unauthenticated`` as above, ``OverQuota``, or ``Unavailable``.
        """
        try:
            passed = quotas.count(
                policy,
                keys.live_session(claims.session_id),
                now,
                guard=_alive(claims, now),
                who=claims.user_id,
            )
        except GuardFailed:
            raise Unauthenticated from None
        return _principal(passed.item, claims), passed.standing


def _alive(claims: Claims, now: datetime) -> Guard:
    # The table removes outdated items late, so the date decides.
    return Guard(equal={"user_id": claims.user_id}, later={"expires_at": epoch(now)})


def _principal(live: Item, claims: Claims) -> Principal:
    return Principal(
        live["user_id"],
        Role(live["role"]),
        claims.session_id,
        live["verified"],
        live.get("authenticated_at", 0),
    )
