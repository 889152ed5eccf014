from datetime import date, datetime

import pytest

from greenroom.calendar.availability import check_bookable, days_to_read, free_slots
from greenroom.calendar.days import Claim
from greenroom.calendar.refusals import OutsideAvailability
from greenroom.calendar.schedules import DateOverride, Schedule, WeeklyWindow, Window
from greenroom.calendar.timing import OfferingTiming
from greenroom.calendar.zones import find_zone, format_local
from greenroom.refusals import InvalidInput
from tests.unit.calendar.samples import DAY, HOUR, MINUTE, at, between, booked, every_day, hold

BERLIN = find_zone("Europe/Berlin")
TOKYO = find_zone("Asia/Tokyo")
NOW = at("2026-11-30 09:07")
TUESDAY = date(2026, 12, 1)
MORNINGS = every_day(9 * 60, 12 * 60)
HOURLY = OfferingTiming.from_minutes(duration=60, slot=60)
HALF_HOURLY = OfferingTiming.from_minutes(duration=60, slot=30)


def _slots(
    schedule: Schedule = MORNINGS,
    timing: OfferingTiming = HOURLY,
    *,
    claims: tuple[Claim, ...] = (),
    from_date: date = TUESDAY,
    to_date: date | None = None,
    now: datetime = NOW,
) -> list[str]:
    starts = free_slots(
        schedule,
        BERLIN,
        timing,
        claims,
        from_date=from_date,
        to_date=to_date or from_date,
        query_zone=BERLIN,
        now=now,
    )
    return [f"{start.astimezone(BERLIN):%H:%M}" for start in starts]


def test_an_open_morning_offers_each_slot_that_the_engagement_fits_after() -> None:
    assert _slots(timing=HOURLY) == ["09:00", "10:00", "11:00"]
    assert _slots(timing=HALF_HOURLY) == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_an_engagement_longer_than_any_window_has_no_slot() -> None:
    assert _slots(timing=OfferingTiming.from_minutes(duration=181, slot=30)) == []
    assert _slots(timing=OfferingTiming.from_minutes(duration=180, slot=30)) == ["09:00"]


def test_slots_count_from_the_opening_of_each_window_even_where_windows_adjoin() -> None:
    schedule = Schedule((), (DateOverride(TUESDAY, (Window(9 * 60, 10 * 60 + 20), Window(620, 12 * 60))),))

    assert _slots(schedule) == ["09:00", "10:00", "10:20"]


def test_an_engagement_may_cross_the_midnight_between_two_windows() -> None:
    tuesday, wednesday = WeeklyWindow(1, Window(22 * 60, 24 * 60)), WeeklyWindow(2, Window(0, 90))
    long = OfferingTiming.from_minutes(duration=180, slot=30)

    assert _slots(Schedule((tuesday, wednesday)), long) == ["22:00", "22:30"]
    assert _slots(Schedule((tuesday,)), long) == []


def test_a_claim_takes_the_slots_that_would_overlap_it_and_no_other() -> None:
    claims = (booked("bkg_a", between("2026-12-01 09:00", "2026-12-01 09:30")),)

    assert _slots(timing=HALF_HOURLY, claims=claims) == ["09:00", "10:30", "11:00"]


def test_buffers_keep_their_distance_from_claims() -> None:
    timing = OfferingTiming.from_minutes(duration=60, slot=30, buffer_before=30, buffer_after=1)
    claims = (booked("bkg_a", between("2026-12-01 09:00", "2026-12-01 09:30")),)

    assert _slots(timing=timing, claims=claims) == ["11:00"]


def test_buffers_may_lie_outside_opening_hours() -> None:
    timing = OfferingTiming.from_minutes(duration=60, slot=60, buffer_before=600, buffer_after=600)

    assert _slots(timing=timing) == ["09:00", "10:00", "11:00"]


def test_a_start_between_two_claims_that_leave_it_just_room_is_free() -> None:
    claims = (
        booked("bkg_a", between("2026-12-01 08:00", "2026-12-01 09:00")),
        booked("bkg_b", between("2026-12-01 10:00", "2026-12-01 11:00")),
    )

    assert _slots(timing=HALF_HOURLY, claims=claims) == ["10:00"]


def test_a_claim_from_weeks_before_still_takes_its_last_hour() -> None:
    claims = (
        booked("bkg_a", between("2026-11-10 00:00", "2026-12-01 09:00")),
        booked("bkg_b", between("2026-11-11 00:00", "2026-11-11 01:00")),
    )

    assert _slots(claims=claims) == ["10:00", "11:00"]


def test_claims_may_come_in_any_order() -> None:
    claims = (
        booked("bkg_c", between("2026-12-01 10:00", "2026-12-01 10:30")),
        booked("bkg_b", between("2026-11-30 12:00", "2026-12-01 08:30")),
        booked("bkg_a", between("2026-11-30 10:00", "2026-11-30 11:00")),
    )

    assert _slots(timing=HALF_HOURLY, claims=claims) == ["09:30", "10:00"]


def test_an_expired_hold_frees_its_slot() -> None:
    held = (hold("bkg_a", between("2026-12-01 08:00", "2026-12-01 09:00"), NOW + MINUTE),)

    assert _slots(claims=held) == ["10:00", "11:00"]
    assert _slots(claims=held, now=NOW + MINUTE) == ["09:00", "10:00", "11:00"]


def test_minimum_notice_removes_near_starts_to_the_minute() -> None:
    timing = OfferingTiming.from_minutes(duration=60, slot=60, minimum_notice=24 * 60)

    assert _slots(timing=timing, now=at("2026-11-30 09:00")) == ["10:00", "11:00"]
    assert _slots(timing=timing, now=at("2026-11-30 09:01")) == ["11:00"]


def test_a_past_date_has_no_slots_and_today_only_those_to_come() -> None:
    assert _slots(now=at("2026-12-02 00:00")) == []
    assert _slots(now=at("2026-12-01 08:30")) == ["10:00", "11:00"]
    assert _slots(from_date=date(1970, 1, 1)) == []


def test_the_last_start_is_at_the_horizon_itself() -> None:
    now = at("2026-12-01 08:00")
    last_day = date(2028, 6, 1)

    assert _slots(from_date=last_day, now=now + HOUR) == ["09:00", "10:00", "11:00"]
    assert _slots(from_date=last_day, now=now) == ["09:00", "10:00"]


def test_dates_are_those_of_the_zone_that_was_asked_in() -> None:
    slots = free_slots(
        every_day(0, 24 * 60),
        BERLIN,
        OfferingTiming.from_minutes(duration=60, slot=720),
        (),
        from_date=TUESDAY,
        to_date=TUESDAY,
        query_zone=TOKYO,
        now=NOW,
    )

    assert slots == [at("2026-11-30 23:00"), at("2026-12-01 11:00")]


@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Africa/Cairo", date(2026, 10, 29), 25),
    ],
)
def test_a_day_of_changing_clocks_has_as_many_hourly_slots_as_hours(zone: str, day: date, count: int) -> None:
    slots = free_slots(
        every_day(0, 24 * 60),
        find_zone(zone),
        HOURLY,
        (),
        from_date=day,
        to_date=day,
        query_zone=find_zone(zone),
        now=at("2026-01-01 00:00"),
    )

    assert len(slots) == count
    assert len(set(slots)) == count


@pytest.mark.parametrize(
    ("zone", "day", "window", "starts"),
    [
        # A gap: the skipped starts are none, the grid goes on as a stopwatch does.
        ("Europe/Berlin", "2026-03-29", ("01:00", "04:00"), ["01:00+01:00", "03:00+02:00"]),
        ("Europe/Berlin", "2026-03-29", ("02:30", "05:00"), ["03:00+02:00", "04:00+02:00"]),
        ("Europe/Berlin", "2026-03-29", ("02:00", "03:00"), []),
        ("America/New_York", "2026-03-08", ("01:30", "04:30"), ["01:30-05:00", "03:30-04:00"]),
        # Half an hour is skipped: from half past one a stopwatch's hour is three on the clock.
        ("Australia/Lord_Howe", "2026-10-04", ("01:30", "04:00"), ["01:30+10:30", "03:00+11:00"]),
        ("Australia/Lord_Howe", "2026-10-04", ("02:00", "04:00"), ["02:30+11:00"]),
        # A fold: an hour comes twice and is offered twice.
        (
            "Europe/Berlin",
            "2026-10-25",
            ("01:00", "04:00"),
            ["01:00+02:00", "02:00+02:00", "02:00+01:00", "03:00+01:00"],
        ),
        ("Europe/Berlin", "2026-10-25", ("02:30", "03:30"), ["02:30+02:00", "02:30+01:00"]),
        # Half an hour comes twice.
        (
            "Australia/Lord_Howe",
            "2026-04-05",
            ("01:00", "03:00"),
            ["01:00+11:00", "01:30+10:30"],
        ),
        # The clocks change at midnight: the date begins at one, or ends at midnight twice.
        ("Africa/Cairo", "2026-04-24", ("00:00", "03:00"), ["01:00+03:00", "02:00+03:00"]),
        ("Africa/Cairo", "2026-10-29", ("22:00", "24:00"), ["22:00+03:00", "23:00+03:00", "23:00+02:00"]),
        # A date is skipped: its hours never come, and those around it are whole.
        ("Pacific/Apia", "2011-12-29", ("22:00", "24:00"), ["22:00-10:00", "23:00-10:00"]),
        ("Pacific/Apia", "2011-12-30", ("10:00", "12:00"), []),
        ("Pacific/Apia", "2011-12-31", ("00:00", "02:00"), ["00:00+14:00", "01:00+14:00"]),
    ],
)
def test_on_a_day_of_changing_clocks_starts_come_as_a_stopwatch_counts_them(
    zone: str, day: str, window: tuple[str, str], starts: list[str]
) -> None:
    start, end = window
    windows = [{"start": start, "end": end}]
    schedule = Schedule.from_plain({"weekly": [], "overrides": [{"date": day, "windows": windows}]})
    there = find_zone(zone)

    found = free_slots(
        schedule,
        there,
        HOURLY,
        (),
        from_date=date.fromisoformat(day),
        to_date=date.fromisoformat(day),
        query_zone=there,
        now=at(f"{day[:4]}-01-01 00:00"),
    )

    assert [f"{format_local(each, there)[11:16]}{format_local(each, there)[19:]}" for each in found] == starts


def test_a_date_that_the_zone_skipped_has_no_slots() -> None:
    apia = find_zone("Pacific/Apia")

    def slots(day: date) -> int:
        found = free_slots(
            every_day(0, 24 * 60),
            apia,
            HOURLY,
            (),
            from_date=day,
            to_date=day,
            query_zone=apia,
            now=at("2011-12-01 00:00"),
        )
        return len(found)

    assert [slots(date(2011, 12, day)) for day in (29, 30, 31)] == [24, 0, 24]


def test_a_minute_of_the_next_date_that_comes_before_a_repeated_hour_is_of_the_next_date() -> None:
    st_johns = find_zone("America/St_Johns")

    def slots(day: date) -> list[datetime]:
        return free_slots(
            every_day(0, 24 * 60),
            st_johns,
            OfferingTiming.from_minutes(duration=1, slot=1),
            (),
            from_date=day,
            to_date=day,
            query_zone=st_johns,
            now=at("2010-11-01 00:00"),
        )

    first_midnight, second_midnight = at("2010-11-07 02:30"), at("2010-11-07 03:30")
    assert first_midnight not in slots(date(2010, 11, 6))
    assert first_midnight + MINUTE in slots(date(2010, 11, 6))
    assert second_midnight - MINUTE in slots(date(2010, 11, 6))
    assert slots(date(2010, 11, 7))[:2] == [first_midnight, second_midnight]


@pytest.mark.parametrize(
    ("from_date", "to_date", "field"),
    [
        (TUESDAY, TUESDAY - DAY, "to"),
        (TUESDAY, TUESDAY + 62 * DAY, "to"),
        (date(2028, 5, 29), date(2028, 5, 31), "to"),
        (date(2028, 5, 31), date(2028, 5, 31), "from"),
        (date.min, date.min, "from"),
        (date(1969, 12, 31), date(1970, 1, 1), "from"),
        (date.max, date.max, "from"),
        (TUESDAY, date.max, "to"),
    ],
)
def test_dates_that_are_no_search_are_refused_by_field(from_date: date, to_date: date, field: str) -> None:
    with pytest.raises(InvalidInput) as slots:
        _slots(from_date=from_date, to_date=to_date)
    with pytest.raises(InvalidInput) as days:
        days_to_read(HOURLY, from_date=from_date, to_date=to_date, query_zone=BERLIN, now=NOW)

    assert (slots.value.status, slots.value.field) == (422, field)
    assert days.value.field == field


def test_sixty_two_dates_and_the_last_date_within_the_horizon_are_a_search() -> None:
    assert len(_slots(from_date=TUESDAY, to_date=TUESDAY + 61 * DAY)) == 62 * 3
    assert _slots(from_date=date(2028, 5, 30)) == ["09:00", "10:00", "11:00"]


def test_the_days_to_read_are_those_that_a_claim_in_the_search_could_touch() -> None:
    utc = find_zone("UTC")

    def days(**minutes: int) -> list[int]:
        timing = OfferingTiming.from_minutes(slot=60, **minutes)
        read = days_to_read(timing, from_date=TUESDAY, to_date=TUESDAY, query_zone=utc, now=NOW)
        return [(day - TUESDAY).days for day in read]

    assert days(duration=1) == [0, 1]
    assert days(duration=1, buffer_before=1) == [-1, 0, 1]
    assert days(duration=1, buffer_after=24 * 60) == [0, 1, 2]
    assert days(duration=24 * 60) == [0, 1]
    assert days(duration=24 * 60 + 1) == [0, 1, 2]


def test_no_past_day_is_read() -> None:
    assert days_to_read(HOURLY, from_date=date(2026, 11, 1), to_date=TUESDAY, query_zone=BERLIN, now=NOW) == [
        date(2026, 11, 30),
        date(2026, 12, 1),
    ]
    assert (
        days_to_read(
            HOURLY, from_date=date(2026, 10, 1), to_date=date(2026, 10, 2), query_zone=BERLIN, now=NOW
        )
        == []
    )


def test_the_longest_search_for_the_longest_engagement_fits_one_batch_of_a_hundred_keys() -> None:
    timing = OfferingTiming.from_minutes(duration=31 * 24 * 60, slot=30)

    days = days_to_read(
        timing, from_date=date(2027, 9, 1), to_date=date(2027, 11, 1), query_zone=BERLIN, now=NOW
    )

    assert len(days) == 94


@pytest.mark.parametrize(
    ("start", "detail"),
    [
        ("2026-11-30 09:06", "past"),
        ("2020-01-01 09:00", "past"),
        ("2026-11-30 09:07", "notice of 1440 minutes"),
        ("2026-12-01 09:06", "notice of 1440 minutes"),
        ("2028-05-30 09:08", "18 months"),
        ("2028-05-31 09:00", "18 months"),
        ("2026-12-02 07:00", "opening hours"),
        ("2026-12-02 10:30", "opening hours"),
        ("2026-12-02 09:15", "between two slots"),
        ("2026-12-02 09:30", "between two slots"),
    ],
)
def test_a_start_that_is_not_offered_is_refused_with_the_reason(start: str, detail: str) -> None:
    timing = OfferingTiming.from_minutes(duration=60, slot=60, minimum_notice=24 * 60)

    with pytest.raises(OutsideAvailability) as refusal:
        check_bookable(at(start), MORNINGS, BERLIN, timing, NOW)

    assert (refusal.value.status, refusal.value.code) == (422, "outside_availability")
    assert refusal.value.field == "start"
    assert detail in refusal.value.detail


def test_a_start_of_part_minutes_lies_between_slots() -> None:
    with pytest.raises(OutsideAvailability, match="between"):
        check_bookable(at("2026-12-02 09:00:01"), MORNINGS, BERLIN, HOURLY, NOW)


def test_an_offered_start_is_accepted_at_the_edges_of_notice_hours_and_horizon() -> None:
    timing = OfferingTiming.from_minutes(duration=60, slot=60, minimum_notice=24 * 60)

    check_bookable(at("2026-12-02 08:00"), MORNINGS, BERLIN, timing, at("2026-12-01 08:00"))
    check_bookable(at("2026-12-02 10:00"), MORNINGS, BERLIN, timing, NOW)
    check_bookable(at("2028-05-30 08:00"), MORNINGS, BERLIN, timing, at("2026-11-30 08:00"))
