"""Opening hours on the wire: the same form is sent, shown and stored."""

from typing import Annotated

from pydantic import Field, StringConstraints

from greenroom.calendar.horizon import MOST_OVERRIDES, MOST_WINDOWS_A_DAY
from greenroom.calendar.schedules import Schedule
from greenroom.shapes import Body, View

_DAYS_A_WEEK = 7

ClockTime = Annotated[
    str,
    StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    Field(description="On the clocks of the celebrity's zone, 00:00 to 24:00.", examples=["09:00"]),
]
LocalDate = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), Field(examples=["2027-12-24"])
]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday.")]


class WindowBody(Body):
    """Open hours of a day. Hours past midnight are two windows, one to 24:00 and one from 00:00."""

    start: ClockTime
    end: ClockTime


class WeeklyWindowBody(WindowBody):
    """A window that recurs each week."""

    weekday: Weekday


class OverrideBody(Body):
    """The windows of one date in place of all its weekly ones; none means closed."""

    date: LocalDate
    windows: Annotated[list[WindowBody], Field(max_length=MOST_WINDOWS_A_DAY)]


class ScheduleBody(Body):
    """Opening hours as a whole. The windows of a day may touch but not overlap."""

    weekly: Annotated[list[WeeklyWindowBody], Field(max_length=_DAYS_A_WEEK * MOST_WINDOWS_A_DAY)]
    overrides: Annotated[list[OverrideBody], Field(max_length=MOST_OVERRIDES)]

    def schedule(self) -> Schedule:
        """Return the opening hours; raise ``InvalidInput`` naming the field that breaks a rule."""
        return Schedule.from_plain(self.model_dump())


class WindowView(View):
    """Open hours of a day."""

    start: str
    end: str


class WeeklyWindowView(View):
    """A window that recurs each week, 0 is Monday."""

    weekday: int
    start: str
    end: str


class OverrideView(View):
    """The windows of one date in place of all its weekly ones."""

    date: str
    windows: list[WindowView]


class ScheduleView(View):
    """Opening hours in the celebrity's own time zone."""

    weekly: list[WeeklyWindowView]
    overrides: list[OverrideView]


def schedule_view(schedule: Schedule) -> ScheduleView:
    """Return opening hours as they are shown."""
    return ScheduleView.model_validate(schedule.to_plain())
