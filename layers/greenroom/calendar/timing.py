"""How long an offering takes, what it keeps free around it, and when its starts come."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from greenroom.calendar.horizon import LONGEST_CLAIM, LONGEST_NOTICE
from greenroom.calendar.intervals import Interval
from greenroom.calendar.refusals import TooLong
from greenroom.refusals import InvalidInput

_NOTHING = timedelta()
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OfferingTiming:
    """The times of an offering, elapsed and in whole minutes.

    Raises
    ------
    InvalidInput
        When one is negative, a duration or slot is nothing, or the notice exceeds ``LONGEST_NOTICE``;
        ``field`` is the offering's, ``duration_minutes``.
    TooLong
        When duration and buffers exceed ``LONGEST_CLAIM``, so that no start could ever be claimed.
    """

    duration: timedelta
    slot: timedelta
    """The step from one start to the next."""
    buffer_before: timedelta = _NOTHING
    buffer_after: timedelta = _NOTHING
    minimum_notice: timedelta = _NOTHING

    def __post_init__(self) -> None:
        for declared in fields(self):
            least = _MINUTE if declared.name in ("duration", "slot") else _NOTHING
            value = getattr(self, declared.name)
            if value < least or value % _MINUTE:
                raise InvalidInput(
                    f"At least {least // _MINUTE} whole minutes", field=f"{declared.name}_minutes"
                )
        if self.minimum_notice > LONGEST_NOTICE:
            raise InvalidInput(
                f"A notice is at most {LONGEST_NOTICE.days} days", field="minimum_notice_minutes"
            )
        if self.duration + self.buffer_before + self.buffer_after > LONGEST_CLAIM:
            raise TooLong(field="duration_minutes")

    @classmethod
    def from_minutes(
        cls,
        *,
        duration: int,
        slot: int,
        buffer_before: int = 0,
        buffer_after: int = 0,
        minimum_notice: int = 0,
    ) -> "OfferingTiming":
        """Make a timing from an offering's ``…_minutes``."""
        return cls(
            duration=duration * _MINUTE,
            slot=slot * _MINUTE,
            buffer_before=buffer_before * _MINUTE,
            buffer_after=buffer_after * _MINUTE,
            minimum_notice=minimum_notice * _MINUTE,
        )

    def engagement(self, start: datetime) -> Interval:
        """Return what the buyer gets: from ``start``, for the duration as a stopwatch counts it."""
        return Interval(start, start + self.duration)

    def claimed(self, start: datetime) -> Interval:
        """Return what others cannot have: the engagement and its buffers."""
        return self.engagement(start).widen(self.buffer_before, self.buffer_after)
