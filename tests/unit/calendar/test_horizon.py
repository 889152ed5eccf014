from datetime import UTC, datetime

import pytest

from greenroom.calendar.horizon import furthest_start


@pytest.mark.parametrize(
    ("now", "furthest"),
    [
        (datetime(2026, 1, 15, 9, 30, tzinfo=UTC), datetime(2027, 7, 15, 9, 30, tzinfo=UTC)),
        (datetime(2026, 6, 30, tzinfo=UTC), datetime(2027, 12, 30, tzinfo=UTC)),
        (datetime(2026, 7, 31, tzinfo=UTC), datetime(2028, 1, 31, tzinfo=UTC)),
        (datetime(2026, 8, 31, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2027, 8, 31, tzinfo=UTC), datetime(2029, 2, 28, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2028, 6, 30, 23, 59, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2029, 8, 29, tzinfo=UTC)),
    ],
)
def test_the_horizon_is_eighteen_calendar_months_ahead(now: datetime, furthest: datetime) -> None:
    assert furthest_start(now) == furthest
