from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.calendar.intervals import Interval
from greenroom.calendar.opening_hours import open_hours, windows_within
from greenroom.calendar.schedules import DateOverride, Schedule, WeeklyWindow, Window
from greenroom.calendar.zones import find_zone
from tests.unit.calendar.naive_hours import TURNS, naive_open_minutes, naive_windows
from tests.unit.calendar.samples import DAY, MINUTE, UNHURRIED, at, between, every_day, schedules


def _hours(schedule: Schedule, zone: str, within: Interval) -> list[tuple[str, str]]:
    return [
        (f"{hours.start:%d %H:%M}", f"{hours.end:%d %H:%M}")
        for hours in open_hours(schedule, find_zone(zone), within)
    ]


@pytest.mark.parametrize(
    ("zone", "day", "start", "end", "hours"),
    [
        # A gap shortens hours that span it, cuts hours that touch it, and swallows those inside it.
        ("Europe/Berlin", "2026-03-29", "01:00", "04:00", [("29 00:00", "29 02:00")]),
        ("Europe/Berlin", "2026-03-29", "02:30", "04:00", [("29 01:00", "29 02:00")]),
        ("Europe/Berlin", "2026-03-29", "01:00", "02:30", [("29 00:00", "29 01:00")]),
        ("Europe/Berlin", "2026-03-29", "02:00", "03:00", []),
        ("Australia/Lord_Howe", "2026-10-04", "01:00", "02:15", [("03 14:30", "03 15:30")]),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "03:00", [("03 15:30", "03 16:00")]),
        ("Africa/Cairo", "2026-04-24", "00:00", "02:00", [("23 22:00", "23 23:00")]),
        ("Pacific/Apia", "2011-12-29", "12:00", "24:00", [("29 22:00", "30 10:00")]),
        ("Pacific/Apia", "2011-12-30", "00:00", "24:00", []),
        ("Pacific/Apia", "2011-12-31", "00:00", "12:00", [("30 10:00", "30 22:00")]),
        # A fold lengthens: open from the earlier reading, closed at the later.
        ("Europe/Berlin", "2026-10-25", "01:00", "04:00", [("24 23:00", "25 03:00")]),
        ("Europe/Berlin", "2026-10-25", "02:30", "04:00", [("25 00:30", "25 03:00")]),
        ("Europe/Berlin", "2026-10-25", "01:00", "02:30", [("24 23:00", "25 01:30")]),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "02:00", [("04 14:45", "04 15:30")]),
        ("Africa/Cairo", "2026-10-29", "22:00", "24:00", [("29 19:00", "29 22:00")]),
        ("America/St_Johns", "2010-11-06", "23:30", "24:00", [("07 02:00", "07 03:30")]),
        # Calendar edges.
        ("Europe/Berlin", "2028-02-29", "09:00", "17:00", [("29 08:00", "29 16:00")]),
        ("Asia/Kathmandu", "2026-12-31", "22:00", "24:00", [("31 16:15", "31 18:15")]),
    ],
)
def test_one_window_of_one_date_opens_and_closes_at(
    zone: str, day: str, start: str, end: str, hours: list[tuple[str, str]]
) -> None:
    schedule = Schedule.from_plain(
        {"weekly": [], "overrides": [{"date": day, "windows": [{"start": start, "end": end}]}]}
    )
    midnight = at(f"{day} 00:00")

    assert _hours(schedule, zone, Interval(midnight - 2 * DAY, midnight + 2 * DAY)) == hours


def test_hours_that_adjoin_at_midnight_are_one_stretch() -> None:
    friday, saturday = WeeklyWindow(4, Window(22 * 60, 24 * 60)), WeeklyWindow(5, Window(0, 120))

    assert _hours(
        Schedule((friday, saturday)), "Europe/Berlin", between("2026-12-04 12:00", "2026-12-05 12:00")
    ) == [("04 21:00", "05 01:00")]


def test_hours_are_cut_to_what_was_asked() -> None:
    within = between("2026-12-01 10:30", "2026-12-02 08:30")

    assert _hours(every_day(9 * 60, 17 * 60), "Europe/Berlin", within) == [
        ("01 10:30", "01 16:00"),
        ("02 08:00", "02 08:30"),
    ]


@pytest.mark.parametrize(
    "within",
    [between("2026-12-01 16:00", "2026-12-02 08:00"), between("2026-12-01 17:00", "2026-12-02 07:00")],
)
def test_a_night_between_closing_and_opening_has_no_open_hours(within: Interval) -> None:
    assert _hours(every_day(9 * 60, 17 * 60), "Europe/Berlin", within) == []


def test_hours_of_both_dates_are_found_in_a_minute_before_clocks_are_set_back_over_midnight() -> None:
    until_midnight = Schedule((), (DateOverride(date(2010, 11, 6), (Window(23 * 60, 24 * 60),)),))
    from_midnight = Schedule((), (DateOverride(date(2010, 11, 7), (Window(0, 60),)),))
    first_past_midnight = between("2010-11-07 02:30", "2010-11-07 02:31")
    before_the_second = between("2010-11-07 02:30", "2010-11-07 02:45")

    assert _hours(until_midnight, "America/St_Johns", first_past_midnight) == [("07 02:30", "07 02:31")]
    assert _hours(from_midnight, "America/St_Johns", before_the_second) == [("07 02:30", "07 02:45")]


def test_a_closed_date_is_closed_while_its_weekday_stays_open() -> None:
    weekly = every_day(9 * 60, 17 * 60).weekly
    schedule = Schedule(weekly, (DateOverride(date(2026, 12, 2)),))

    assert _hours(schedule, "UTC", between("2026-12-01 00:00", "2026-12-04 00:00")) == [
        ("01 09:00", "01 17:00"),
        ("03 09:00", "03 17:00"),
    ]


def test_a_schedule_without_windows_is_never_open() -> None:
    assert _hours(Schedule(), "UTC", between("2026-12-01 00:00", "2026-12-31 00:00")) == []


@given(turn=st.sampled_from(TURNS), data=st.data())
@settings(UNHURRIED, max_examples=100)
def test_open_hours_are_those_found_minute_by_minute(turn: tuple[str, date], data: st.DataObject) -> None:
    zone, around = turn
    schedule = data.draw(schedules(around))
    midnight = at(f"{around} 00:00")
    start = midnight + data.draw(st.integers(-24 * 60, 20 * 60)) * MINUTE
    within = Interval(start, start + data.draw(st.integers(1, 24 * 60)) * MINUTE)

    found = open_hours(schedule, find_zone(zone), within)

    expected = naive_open_minutes(schedule, zone, around)
    assert {
        hours.start + n * MINUTE for hours in found for n in range((hours.end - hours.start) // MINUTE)
    } == {minute for minute in expected if within.start <= minute < within.end}
    assert all(left.end < right.start for left, right in pairwise(found))


@given(turn=st.sampled_from(TURNS), data=st.data())
@settings(UNHURRIED, max_examples=50)
def test_windows_are_whole_and_those_found_minute_by_minute(
    turn: tuple[str, date], data: st.DataObject
) -> None:
    zone, around = turn
    schedule = data.draw(schedules(around))
    midnight = datetime.combine(around, time(), at("2026-01-01 00:00").tzinfo)
    within = Interval(midnight - timedelta(hours=6), midnight + timedelta(hours=6))

    found = list(windows_within(schedule, find_zone(zone), within))

    expected = [w for w in naive_windows(schedule, zone, around) if w.overlaps(within)]
    assert sorted(found) == sorted(expected)
