from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.calendar.refusals import TooLong
from greenroom.calendar.timing import OfferingTiming
from greenroom.calendar.zones import find_zone, format_local, resolve_start
from greenroom.refusals import InvalidInput
from tests.unit.calendar.samples import MINUTE, UNHURRIED, at, between

MONTH = 31 * 24 * 60


def test_a_claim_is_the_engagement_with_its_buffers() -> None:
    timing = OfferingTiming.from_minutes(duration=60, slot=30, buffer_before=15, buffer_after=45)

    assert timing.engagement(at("2026-12-01 10:00")) == between("2026-12-01 10:00", "2026-12-01 11:00")
    assert timing.claimed(at("2026-12-01 10:00")) == between("2026-12-01 09:45", "2026-12-01 11:45")


def test_minutes_become_the_times_of_the_same_name() -> None:
    assert OfferingTiming.from_minutes(
        duration=5, slot=4, buffer_before=3, buffer_after=2, minimum_notice=1
    ) == OfferingTiming(
        duration=5 * MINUTE,
        slot=4 * MINUTE,
        buffer_before=3 * MINUTE,
        buffer_after=2 * MINUTE,
        minimum_notice=MINUTE,
    )


@pytest.mark.parametrize(
    ("minutes", "field"),
    [
        ({"duration": 0}, "duration_minutes"),
        ({"slot": 0}, "slot_minutes"),
        ({"buffer_before": -1}, "buffer_before_minutes"),
        ({"buffer_after": -1}, "buffer_after_minutes"),
        ({"minimum_notice": -1}, "minimum_notice_minutes"),
        ({"minimum_notice": 365 * 24 * 60 + 1}, "minimum_notice_minutes"),
    ],
)
def test_a_time_that_an_offering_cannot_have_is_refused_by_field(minutes: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        OfferingTiming.from_minutes(**{"duration": 60, "slot": 30, **minutes})

    assert (refusal.value.code, refusal.value.field) == ("invalid_request", field)


def test_a_time_of_part_minutes_is_refused() -> None:
    with pytest.raises(InvalidInput):
        OfferingTiming(duration=timedelta(seconds=90), slot=MINUTE)


def test_an_offering_that_no_claim_could_hold_is_refused() -> None:
    OfferingTiming.from_minutes(duration=MONTH - 2, slot=30, buffer_before=1, buffer_after=1)

    for buffers in ({"buffer_before": 2, "buffer_after": 1}, {"buffer_before": 1, "buffer_after": 2}):
        with pytest.raises(TooLong) as refusal:
            OfferingTiming.from_minutes(duration=MONTH - 2, slot=30, **buffers)
        assert refusal.value.field == "duration_minutes"


def test_the_longest_notice_is_a_year() -> None:
    OfferingTiming.from_minutes(duration=60, slot=30, minimum_notice=365 * 24 * 60)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Berlin", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"),
        ("Australia/Lord_Howe", "2026-10-04T01:30:00+10:30", "2026-10-04T03:00:00+11:00"),
        ("Pacific/Apia", "2011-12-29T23:30:00-10:00", "2011-12-31T00:30:00+14:00"),
    ],
)
def test_an_hour_is_an_hour_over_a_change_of_clocks(zone: str, start: str, end: str) -> None:
    engagement = OfferingTiming.from_minutes(duration=60, slot=30).engagement(resolve_start(start, zone))

    assert engagement.end - engagement.start == timedelta(hours=1)
    assert format_local(engagement.end, find_zone(zone)) == end


@given(st.integers(0, 500_000), st.integers(1, MONTH))
@UNHURRIED
def test_the_elapsed_duration_survives_daylight_saving(offset: int, duration: int) -> None:
    zone = find_zone("Europe/Berlin")
    start = resolve_start(format_local(at("2026-01-01 00:00") + offset * MINUTE, zone), "Europe/Berlin")

    engagement = OfferingTiming.from_minutes(duration=duration, slot=30).engagement(start)
    local = [format_local(edge, zone) for edge in (engagement.start, engagement.end)]

    elapsed = resolve_start(local[1], "UTC") - resolve_start(local[0], "UTC")
    assert elapsed == duration * MINUTE
