"""What lets somebody in is not shown where an object is: a log line, a traceback, a failed assertion."""

from datetime import UTC, datetime

import pytest

from greenroom.identity.grants import Grant
from greenroom.identity.one_time import Issued
from greenroom.identity.tokens import AccessToken
from greenroom.identity.totp_enrolment import TotpSecret


@pytest.mark.parametrize(
    "held",
    [
        AccessToken("hunter2", 900),
        Grant("hunter2", 900, "hunter2"),
        Issued("hunter2", datetime(2027, 1, 1, tzinfo=UTC), []),
        TotpSecret("hunter2", "otpauth://totp/?secret=hunter2"),
    ],
    ids=lambda held: type(held).__name__,
)
def test_no_secret_is_shown(held: object) -> None:
    assert "hunter2" not in repr(held)
