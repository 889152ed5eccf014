"""Disabling an account and enabling it again, whoever does it: it bites at the account's next request."""

from datetime import datetime

from greenroom.telemetry.logs import log_auth

from .account_changes import commit_with_sessions
from .sessions import Sessions
from .users import User, Users


def commit_disabling(users: Users, sessions: Sessions, user: User, *, by: str, now: datetime) -> None:
    """End an account's sessions and let it begin no other; raise ``ConditionFailed`` when it has changed."""
    if user.disabled:
        return
    # A session that is opened at this moment cannot be continued, whatever becomes of the account.
    version = user.credentials_version + 1
    commit_with_sessions(
        sessions,
        [users.change(user, disabled=True, credentials_version=version)],
        user_id=user.id,
        effect=sessions.ending,
        now=now,
    )
    log_auth("user_archived", "WARN", user_id=user.id, by=by)


def commit_enabling(users: Users, user: User, *, by: str) -> None:
    """Let a disabled account log in again; raise ``ConditionFailed`` when it has changed."""
    if not user.disabled:
        return
    users.tables.write(users.change(user, disabled=False))
    log_auth("user_updated", "WARN", user_id=user.id, change="enabled", by=by)
