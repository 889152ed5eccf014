"""Changing an account together with its sessions, so that a change bites at the next request."""

from collections.abc import Callable
from datetime import datetime
from itertools import chain

from greenroom.refusals import Unavailable
from greenroom.storage import keys
from greenroom.storage.tables import ConditionFailed, Contended
from greenroom.storage.writes import EXISTS, Update, Write

from .sessions import Session, Sessions

Effect = Callable[[Session], list[Write]]
"""The writes that a change of the account has on one of its sessions; two at most."""

_MOST_WRITES = 100
"""What a transaction holds."""


def commit_with_sessions(
    sessions: Sessions,
    writes: list[Write],
    *,
    user_id: str,
    effect: Effect,
    now: datetime,
    demanded: str | None = None,
) -> None:
    """Commit ``writes`` with their effect on all live sessions of a user.

    Sessions that were opened meanwhile, or are too many for the transaction, follow after it. Whatever
    happens to those, the change stands: at its next refresh each is brought in line, or refused.
    Raises ``ConditionFailed`` when a condition of ``writes`` fails, or the session with the id ``demanded``
    has ended.
    """
    room = (_MOST_WRITES - len(writes)) // 2
    together = sessions.of(user_id, now)[:room]
    if demanded is not None and demanded not in {session.id for session in together}:
        raise ConditionFailed([])
    sessions.tables.write(*writes, *chain.from_iterable(map(effect, together)))
    done = {session.id for session in together}
    try:
        later = [session for session in sessions.of(user_id, now) if session.id not in done]
    except Unavailable:
        return
    for session in later:
        try:
            sessions.tables.write(*effect(session))
        except (ConditionFailed, Contended, Unavailable):
            continue


def ending_others(sessions: Sessions, *, kept: str, credentials_version: int) -> Effect:
    """Return the effect that ends every session but ``kept``, which goes on under the new version."""

    def effect(session: Session) -> list[Write]:
        if session.id != kept:
            return sessions.ending(session)
        own = keys.session(session.user_id, session.id)
        assign = {"credentials_version": credentials_version}
        return [Update(sessions.identity_table, own, assign=assign, when=EXISTS)]

    return effect
