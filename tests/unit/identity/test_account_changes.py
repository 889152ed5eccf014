"""A change of an account that has been committed stands, whatever happens to what follows it."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from greenroom.identity.account_changes import commit_with_sessions
from greenroom.identity.sessions import Session, Sessions
from greenroom.refusals import Unavailable
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed
from greenroom.storage.writes import Delete, Write

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


class ForgetfulSessions:
    """Finds a user's sessions once, and is down after that."""

    def __init__(self) -> None:
        self.asked = 0
        self.written: list[tuple[Write, ...]] = []

    @property
    def tables(self) -> "ForgetfulSessions":
        return self

    def write(self, *writes: Write) -> None:
        self.written.append(writes)

    def of(self, _user_id: str, _now: datetime) -> list[Session]:
        self.asked += 1
        if self.asked > 1:
            raise Unavailable(retry_after=1)
        return []


def test_a_store_that_goes_down_after_the_commit_does_not_undo_it() -> None:
    sessions: Any = ForgetfulSessions()
    change = Delete("identity", Key("USER#usr_1", "PROFILE"))

    commit_with_sessions(
        cast("Sessions", sessions), [change], user_id="usr_1", effect=lambda _session: [], now=NOW
    )

    assert sessions.written == [(change,)]
    assert sessions.asked == 2


def test_nothing_is_written_for_a_session_that_has_ended_meanwhile() -> None:
    sessions: Any = ForgetfulSessions()
    change = Delete("identity", Key("USER#usr_1", "PROFILE"))

    with pytest.raises(ConditionFailed):
        commit_with_sessions(
            cast("Sessions", sessions),
            [change],
            user_id="usr_1",
            effect=lambda _session: [],
            now=NOW,
            demanded="ses_1",
        )

    assert sessions.written == []
