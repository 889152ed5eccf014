"""Giving an account another role, whoever gives it: in one step with the account's live sessions."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from greenroom.actors import Role
from greenroom.telemetry.logs import log_auth

from .account_changes import commit_with_sessions
from .sessions import Sessions
from .users import User, Users


def commit_role(users: Users, sessions: Sessions, user: User, role: Role, *, by: str, now: datetime) -> None:
    """Write the role to the account as it was read and to its sessions, and note who gave it.

    Raises ``ConditionFailed`` when the account has changed since.
    """
    commit_with_sessions(
        sessions,
        [users.change(user, role=role.value)],
        user_id=user.id,
        effect=partial(sessions.marking, user=replace(user, role=role)),
        now=now,
    )
    log_auth(
        "privilege_permissions_changed",
        "WARN",
        user_id=user.id,
        from_role=user.role.value,
        to_role=role.value,
        by=by,
    )
