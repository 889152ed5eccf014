from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.calendar.intervals import Interval, format_instant, merged, parse_instant
from tests.unit.calendar.samples import HOUR, UNHURRIED, at, between

NOON = between("2026-12-01 12:00", "2026-12-01 13:00")


def test_an_interval_that_touches_another_does_not_overlap_it() -> None:
    after = between("2026-12-01 13:00", "2026-12-01 14:00")

    assert not NOON.overlaps(after)
    assert not after.overlaps(NOON)


@pytest.mark.parametrize(
    "other",
    [
        between("2026-12-01 12:59", "2026-12-01 14:00"),
        between("2026-12-01 11:00", "2026-12-01 12:01"),
        between("2026-12-01 12:15", "2026-12-01 12:30"),
        between("2026-12-01 11:00", "2026-12-01 14:00"),
        NOON,
    ],
)
def test_intervals_that_share_a_minute_overlap(other: Interval) -> None:
    assert NOON.overlaps(other)
    assert other.overlaps(NOON)


def test_an_interval_contains_itself_but_nothing_that_sticks_out() -> None:
    assert NOON.contains(NOON)
    assert NOON.contains(between("2026-12-01 12:01", "2026-12-01 12:59"))
    assert not NOON.contains(between("2026-12-01 11:59", "2026-12-01 13:00"))
    assert not NOON.contains(between("2026-12-01 12:00", "2026-12-01 13:01"))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at("2026-12-01 12:00"), at("2026-12-01 12:00")),
        (at("2026-12-01 12:00"), at("2026-12-01 11:00")),
        (datetime(2026, 12, 1, 12), at("2026-12-01 13:00")),  # noqa: DTZ001
        (at("2026-12-01 12:00"), datetime(2026, 12, 1, 13)),  # noqa: DTZ001
        (datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("Europe/London")), at("2026-12-01 13:00")),
        (at("2026-12-01 12:00"), datetime(2026, 12, 1, 14, tzinfo=timezone(HOUR))),
    ],
)
def test_an_empty_naive_or_zoned_interval_cannot_be_made(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="interval"):
        Interval(start, end)


def test_buffers_widen_each_side_by_its_own() -> None:
    assert NOON.widen(2 * HOUR, HOUR) == between("2026-12-01 10:00", "2026-12-01 14:00")


@pytest.mark.parametrize("buffers", [(-HOUR, HOUR), (HOUR, -HOUR)])
def test_a_negative_buffer_is_refused(buffers: tuple[timedelta, timedelta]) -> None:
    with pytest.raises(ValueError, match="negative"):
        NOON.widen(*buffers)


@pytest.mark.parametrize(
    ("interval", "days"),
    [
        (between("2026-12-31 23:00", "2027-01-01 00:00"), [date(2026, 12, 31)]),
        (between("2026-12-31 23:00", "2027-01-01 00:01"), [date(2026, 12, 31), date(2027, 1, 1)]),
        (
            between("2028-02-28 00:00", "2028-03-02 00:00"),
            [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)],
        ),
    ],
)
def test_an_interval_touches_the_days_it_has_instants_in(interval: Interval, days: list[date]) -> None:
    assert interval.utc_days() == days


@pytest.mark.parametrize(
    ("start", "end", "lengths"),
    [
        ("2026-01-01 12:00", "2026-04-01 12:00", [30.5, 31, 28.5]),
        ("2026-01-01 00:00", "2026-02-01 00:00", [31]),
        ("2026-01-01 00:00", "2026-02-01 00:01", [31, 1 / 1440]),
        ("2026-01-01 23:59", "2026-01-02 00:01", [2 / 1440]),
    ],
)
def test_a_long_blackout_is_cut_at_midnights_so_that_no_two_pieces_share_a_day(
    start: str, end: str, lengths: list[float]
) -> None:
    blackout = between(start, end)

    pieces = blackout.by_days(31)

    assert [piece.end - piece.start for piece in pieces] == [timedelta(days=length) for length in lengths]
    assert merged(pieces) == [blackout]
    days = [day for piece in pieces for day in piece.utc_days()]
    assert days == blackout.utc_days()
    assert all(len(piece.utc_days()) <= 31 for piece in pieces)


_INTERVALS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 10)).map(
        lambda drawn: Interval(
            at("2026-01-01 00:00") + drawn[0] * HOUR, at("2026-01-01 00:00") + sum(drawn) * HOUR
        )
    ),
    max_size=12,
)


@given(_INTERVALS)
@UNHURRIED
def test_the_union_has_the_same_hours_in_order_and_with_gaps_between(intervals: list[Interval]) -> None:
    def hours(of: list[Interval]) -> set[datetime]:
        return {i.start + n * HOUR for i in of for n in range((i.end - i.start) // HOUR)}

    union = merged(intervals)

    assert hours(union) == hours(intervals)
    assert all(left.end < right.start for left, right in pairwise(union))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 12, 31)))  # noqa: DTZ001
@UNHURRIED
def test_an_instant_as_text_reads_back_to_the_second(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)

    assert parse_instant(format_instant(instant)) == instant.replace(microsecond=0)


def test_an_instant_is_written_in_utc_whatever_zone_it_carries() -> None:
    berlin = datetime(2026, 12, 1, 11, tzinfo=ZoneInfo("Europe/Berlin"))

    assert format_instant(berlin) == "2026-12-01T10:00:00Z"


def test_a_naive_time_is_no_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_instant(datetime(2026, 12, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-01",
        "2026-12-01T10:00:00",
        "2026-12-01T10:00Z",
        "2026-12-01T10:00:00.5Z",
        "2026-12-01T10:00:00+00:00",
        "2026-12-01T11:00:00+01:00",
        "2026-12-01 10:00:00Z",
        "2026-W49-2T10:00:00Z",
        "2026-02-29T10:00:00Z",
    ],
)
def test_only_the_one_form_of_an_instant_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


def test_a_read_instant_can_bound_an_interval() -> None:
    assert Interval(parse_instant("2026-12-01T12:00:00Z"), parse_instant("2026-12-01T13:00:00Z")) == NOON
