"""How fresh a login must be."""

from datetime import UTC, datetime, timedelta

import pytest

from greenroom.actors import Role
from greenroom.identity.freshness import require_fresh
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import FreshLoginRequired

LOGIN = datetime(2026, 12, 1, 10, tzinfo=UTC)


def logged_in(at: int) -> Principal:
    return Principal("usr_1", Role.BUYER, "ses_1", verified=True, authenticated_at=at)


def test_a_login_is_fresh_for_five_minutes() -> None:
    principal = logged_in(int(LOGIN.timestamp()))

    require_fresh(principal, LOGIN + timedelta(minutes=5))

    with pytest.raises(FreshLoginRequired):
        require_fresh(principal, LOGIN + timedelta(minutes=5, seconds=1))


def test_a_login_at_an_unknown_time_is_not_fresh() -> None:
    with pytest.raises(FreshLoginRequired):
        require_fresh(logged_in(0), LOGIN)
