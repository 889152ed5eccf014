"""A celebrity's opening hours: weekly windows in the home zone, and dated overrides of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from greenroom.calendar.horizon import MOST_OVERRIDES, MOST_WINDOWS_A_DAY
from greenroom.refusals import InvalidInput

_CLOCK: Final = re.compile(r"(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTES_A_DAY: Final = 24 * 60
_DAYS_A_WEEK: Final = 7


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Open hours of one local date: minutes after its midnight on the wall clock, ``end`` excluded.

    ``end`` may be 1440, written 24:00. Hours that last past midnight are two windows, one to 24:00 and
    one from 00:00 of the next date; a booking may cross the seam.
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """A window that recurs on one weekday, Monday 0 to Sunday 6."""

    weekday: int
    window: Window


@dataclass(frozen=True, slots=True)
class DateOverride:
    """The windows of one date in place of all its weekly ones; none means closed."""

    date: date
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Opening hours as a whole. The windows of a day may touch but not overlap.

    Raises
    ------
    InvalidInput
        When a window, a weekday or an override breaks a rule; ``field`` names it, ``weekly.2.end``.
    """

    weekly: tuple[WeeklyWindow, ...] = ()
    overrides: tuple[DateOverride, ...] = ()

    def __post_init__(self) -> None:
        days: defaultdict[int, list[tuple[str, Window]]] = defaultdict(list)
        for number, recurring in enumerate(self.weekly):
            if not 0 <= recurring.weekday < _DAYS_A_WEEK:
                raise InvalidInput("A weekday is 0 (Monday) to 6", field=f"weekly.{number}.weekday")
            days[recurring.weekday].append((f"weekly.{number}", recurring.window))
        for windows in days.values():
            _check_day(windows, "weekly")
        if len(self.overrides) > MOST_OVERRIDES:
            raise InvalidInput(f"There are at most {MOST_OVERRIDES} overrides", field="overrides")
        dates: set[date] = set()
        for number, override in enumerate(self.overrides):
            path = f"overrides.{number}"
            if override.date in dates:
                raise InvalidInput("A date is overridden once", field=f"{path}.date")
            dates.add(override.date)
            _check_day(
                [(f"{path}.windows.{index}", window) for index, window in enumerate(override.windows)],
                f"{path}.windows",
            )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Schedule":
        """Read ``{weekly: [{weekday, start, end}], overrides: [{date, windows: [{start, end}]}]}``.

        The same form is sent by clients and stored; the types of its leaves are the caller's to check.
        """
        return cls(
            weekly=tuple(
                WeeklyWindow(int(entry["weekday"]), _window(entry, f"weekly.{number}"))
                for number, entry in enumerate(plain["weekly"])
            ),
            overrides=tuple(
                DateOverride(
                    _date(entry["date"], f"overrides.{number}.date"),
                    tuple(
                        _window(window, f"overrides.{number}.windows.{index}")
                        for index, window in enumerate(entry["windows"])
                    ),
                )
                for number, entry in enumerate(plain["overrides"])
            ),
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the form that ``from_plain`` reads."""
        return {
            "weekly": [{"weekday": day.weekday, **_plain_window(day.window)} for day in self.weekly],
            "overrides": [
                {
                    "date": override.date.isoformat(),
                    "windows": [_plain_window(window) for window in override.windows],
                }
                for override in self.overrides
            ],
        }

    def windows_on(self, days: Iterable[date]) -> Iterator[tuple[date, Window]]:
        """Yield the windows of the given local dates, each date's own override before its weekday's."""
        overridden = {override.date: override.windows for override in self.overrides}
        weekdays: defaultdict[int, list[Window]] = defaultdict(list)
        for recurring in self.weekly:
            weekdays[recurring.weekday].append(recurring.window)
        for day in days:
            for window in overridden.get(day, weekdays[day.weekday()]):
                yield day, window


def _check_day(windows: list[tuple[str, Window]], day: str) -> None:
    if len(windows) > MOST_WINDOWS_A_DAY:
        raise InvalidInput(f"A day has at most {MOST_WINDOWS_A_DAY} windows", field=day)
    reached = 0
    for path, window in sorted(windows, key=lambda entry: entry[1]):
        if not 0 <= window.start < window.end <= _MINUTES_A_DAY:
            raise InvalidInput("A window ends after it starts, at 24:00 the latest", field=f"{path}.end")
        if window.start < reached:
            raise InvalidInput("The windows of a day do not overlap", field=path)
        reached = window.end


def _window(entry: Mapping[str, Any], path: str) -> Window:
    return Window(_minutes(entry["start"], f"{path}.start"), _minutes(entry["end"], f"{path}.end"))


def _minutes(clock: str, path: str) -> int:
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise InvalidInput("A time of day is written 00:00 to 24:00", field=path)
    return int(match[1]) * 60 + int(match[2]) if match[1] else _MINUTES_A_DAY


def _plain_window(window: Window) -> dict[str, str]:
    return {
        name: f"{minutes // 60:02}:{minutes % 60:02}"
        for name, minutes in (("start", window.start), ("end", window.end))
    }


def _date(text: str, path: str) -> date:
    try:
        if _DATE.fullmatch(text):  # fromisoformat alone would take week dates too
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidInput("A date is written 2026-12-31", field=path)
