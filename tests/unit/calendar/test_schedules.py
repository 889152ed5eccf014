import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from greenroom.calendar.horizon import MOST_OVERRIDES, MOST_WINDOWS_A_DAY
from greenroom.calendar.schedules import DateOverride, Schedule, WeeklyWindow, Window
from greenroom.refusals import InvalidInput
from tests.unit.calendar.samples import DAY, UNHURRIED, schedules

PLAIN: dict[str, Any] = {
    "weekly": [
        {"weekday": 0, "start": "13:00", "end": "17:30"},
        {"weekday": 0, "start": "09:00", "end": "13:00"},
        {"weekday": 6, "start": "00:00", "end": "24:00"},
    ],
    "overrides": [
        {"date": "2026-12-24", "windows": []},
        {"date": "2026-12-31", "windows": [{"start": "22:00", "end": "24:00"}]},
    ],
}


def test_a_schedule_is_read_from_the_form_that_clients_send() -> None:
    assert Schedule.from_plain(PLAIN) == Schedule(
        weekly=(
            WeeklyWindow(0, Window(13 * 60, 17 * 60 + 30)),
            WeeklyWindow(0, Window(9 * 60, 13 * 60)),
            WeeklyWindow(6, Window(0, 24 * 60)),
        ),
        overrides=(
            DateOverride(date(2026, 12, 24)),
            DateOverride(date(2026, 12, 31), (Window(22 * 60, 24 * 60),)),
        ),
    )


def test_a_schedule_is_read_from_the_decimals_of_a_table() -> None:
    stored = {"weekly": [{"weekday": Decimal(2), "start": "09:00", "end": "10:00"}], "overrides": []}

    (recurring,) = Schedule.from_plain(stored).weekly

    assert type(recurring.weekday) is int


def test_a_schedule_is_answered_as_it_was_sent() -> None:
    assert Schedule.from_plain(PLAIN).to_plain() == PLAIN


@given(schedules())
@UNHURRIED
def test_any_schedule_survives_its_plain_form(schedule: Schedule) -> None:
    assert Schedule.from_plain(schedule.to_plain()) == schedule


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("weekly", 1, "weekday"), 7, "weekly.1.weekday"),
        (("weekly", 1, "weekday"), -1, "weekly.1.weekday"),
        (("weekly", 1, "start"), "9:00", "weekly.1.start"),
        (("weekly", 1, "start"), "09:60", "weekly.1.start"),
        (("weekly", 1, "start"), "24:00", "weekly.1.end"),
        (("weekly", 1, "start"), "13:00", "weekly.1.end"),
        (("weekly", 1, "end"), "08:59", "weekly.1.end"),
        (("weekly", 1, "end"), "09:00", "weekly.1.end"),
        (("weekly", 1, "end"), "00:00", "weekly.1.end"),
        (("weekly", 1, "end"), "24:01", "weekly.1.end"),
        (("weekly", 1, "end"), "25:00", "weekly.1.end"),
        (("weekly", 1, "end"), "13:00:00", "weekly.1.end"),
        (("weekly", 1, "end"), "\u0661\u0663:\u0660\u0660", "weekly.1.end"),
        (("weekly", 1, "end"), "13:01", "weekly.0"),
        (("overrides", 1, "date"), "2026-12-24", "overrides.1.date"),
        (("overrides", 1, "date"), "2026-02-29", "overrides.1.date"),
        (("overrides", 1, "date"), "2026-W53-4", "overrides.1.date"),
        (("overrides", 1, "date"), "20261231", "overrides.1.date"),
        (("overrides", 1, "windows", 0, "start"), "22", "overrides.1.windows.0.start"),
        (("overrides", 1, "windows", 0, "end"), "21:00", "overrides.1.windows.0.end"),
        (
            ("overrides", 0, "windows"),
            [{"start": "09:00", "end": "11:00"}, {"start": "10:00", "end": "12:00"}],
            "overrides.0.windows.1",
        ),
    ],
)
def test_a_schedule_that_breaks_a_rule_is_refused_by_field(
    path: tuple[str | int, ...], value: object, field: str
) -> None:
    plain: Any = copy.deepcopy(PLAIN)
    parent = plain
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value

    with pytest.raises(InvalidInput) as refusal:
        Schedule.from_plain(plain)

    assert (refusal.value.status, refusal.value.field) == (422, field)


@pytest.mark.parametrize("window", [Window(-1, 60), Window(60, 60), Window(60, 59), Window(0, 1441)])
def test_a_window_outside_its_day_is_refused_however_it_was_made(window: Window) -> None:
    with pytest.raises(InvalidInput):
        Schedule((WeeklyWindow(0, window),))
    with pytest.raises(InvalidInput):
        Schedule((), (DateOverride(date(2026, 12, 24), (window,)),))


def test_the_same_hours_on_two_weekdays_do_not_overlap() -> None:
    Schedule((WeeklyWindow(0, Window(0, 60)), WeeklyWindow(1, Window(0, 60))))


def test_a_day_has_a_bounded_number_of_windows() -> None:
    windows = [Window(n, n + 1) for n in range(MOST_WINDOWS_A_DAY + 1)]
    Schedule(tuple(WeeklyWindow(0, window) for window in windows[1:]))

    with pytest.raises(InvalidInput) as weekly:
        Schedule(tuple(WeeklyWindow(0, window) for window in windows))
    with pytest.raises(InvalidInput) as dated:
        Schedule((), (DateOverride(date(2026, 12, 24), tuple(windows)),))

    assert (weekly.value.field, dated.value.field) == ("weekly", "overrides.0.windows")


def test_a_schedule_has_a_bounded_number_of_overrides() -> None:
    overrides = [DateOverride(date(2026, 1, 1) + n * DAY) for n in range(MOST_OVERRIDES + 1)]
    Schedule((), tuple(overrides[1:]))

    with pytest.raises(InvalidInput) as refusal:
        Schedule((), tuple(overrides))

    assert refusal.value.field == "overrides"


def test_an_override_replaces_all_windows_of_its_date_and_of_no_other() -> None:
    schedule = Schedule.from_plain(PLAIN)
    days = [date(2026, 12, 24), date(2026, 12, 27), date(2026, 12, 28), date(2026, 12, 31)]

    assert list(schedule.windows_on(days)) == [
        (date(2026, 12, 27), Window(0, 24 * 60)),
        (date(2026, 12, 28), Window(13 * 60, 17 * 60 + 30)),
        (date(2026, 12, 28), Window(9 * 60, 13 * 60)),
        (date(2026, 12, 31), Window(22 * 60, 24 * 60)),
    ]
