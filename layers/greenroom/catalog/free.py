"""Who is free on a date: the listing says whom to look at, one batch of reads says which of them are free.

Two round trips, whatever is found: the listing's version, then opening hours, days and what profiles are not
cached of as many celebrities as fit in one batch. So a page may be short, even empty, and still go on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from greenroom.calendar.availability import days_to_read, days_within_reach, free_slots
from greenroom.calendar.days import DayDocument, live_claims
from greenroom.calendar.horizon import BOOKABLE_MONTHS, FIRST_YEAR, furthest_start
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.zones import find_zone
from greenroom.refusals import InvalidInput
from greenroom.storage import days, keys

from .model import Celebrity
from .records import schedule_from
from .search import Filters, Row, Sort
from .store import CatalogStore

_MOST_KEYS = 100  # of one batch of reads
_MINUTE = timedelta(minutes=1)


class _Dates(TypedDict):
    from_date: date
    to_date: date
    query_zone: ZoneInfo
    now: datetime


@dataclass(slots=True, kw_only=True)
class FreeOn:
    """A local date, in one zone, or with None in each celebrity's own."""

    day: date
    zone: ZoneInfo | None
    now: datetime
    _days: dict[tuple[str, tuple[int, int]], list[date]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.day.year < FIRST_YEAR:
            raise InvalidInput(f"The date is before {FIRST_YEAR}", field="free_on")
        # Somewhere it is the next date already; where it is not, nobody is free on it.
        if self.day > furthest_start(self.now).date() + timedelta(days=1):
            raise InvalidInput(f"A date is at most {BOOKABLE_MONTHS} months ahead", field="free_on")

    def days_of(self, row: Row) -> list[date]:
        """Return the UTC days to read; none where nothing can be free."""
        key = (row.time_zone, row.reach)
        if key not in self._days:
            before, after = (minutes * _MINUTE for minutes in row.reach)
            try:
                self._days[key] = days_within_reach(
                    before,
                    after,
                    on=self.day,
                    query_zone=self.zone or find_zone(row.time_zone),
                    now=self.now,
                )
            except InvalidInput:
                self._days[key] = []
        return self._days[key]

    @property
    def is_over(self) -> bool:
        """Whether the date is past in every zone."""
        return self.day < self.now.date() - timedelta(days=1)

    def is_free(self, celebrity: Celebrity, schedule: Schedule, read: Sequence[DayDocument]) -> bool:
        """Tell whether some active offering has a free start, by the documents of ``days_of``."""
        home, claims = find_zone(celebrity.time_zone), live_claims(read, self.now)
        asked: _Dates = {
            "from_date": self.day,
            "to_date": self.day,
            "query_zone": self.zone or home,
            "now": self.now,
        }
        known = {document.day for document in read}
        # An offering may have changed since the listing was read. What then reaches further is left out.
        return any(
            free_slots(schedule, home, timing, claims, **asked)
            for timing in {each.timing for each in celebrity.offerings if each.active}
            if known.issuperset(days_to_read(timing, **asked))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSearch:
    """Searches the catalogue for who is free."""

    store: CatalogStore
    bookings_table: str
    clock: Callable[[], datetime]

    def page(
        self, filters: Filters, sort: Sort, day: date, tz: ZoneInfo | None, *, after: str | None, limit: int
    ) -> tuple[list[Celebrity], str | None]:
        """Return one page, and the id after which the search goes on, None at the end.

        Raises ``InvalidInput`` for a date beyond the calendar; names ``free_on``.
        """
        wanted = FreeOn(day=day, zone=tz, now=self.clock())
        if wanted.is_over:
            return [], None
        candidates, room, last = list[Row](), _MOST_KEYS, after
        for row in self.store.listing().matching(filters, sort, after=after):
            reads = len(wanted.days_of(row)) + 2
            if room < reads:
                break
            last = row.celebrity_id
            if wanted.days_of(row):
                candidates.append(row)
                room -= reads
        else:
            last = None
        free = self._free(candidates, wanted)
        if len(free) > limit:
            return free[:limit], free[limit - 1].id
        return free, last

    def _free(self, candidates: list[Row], wanted: FreeOn) -> list[Celebrity]:
        celebrities, found = self.store.celebrities(
            {row.celebrity_id: row.version for row in candidates},
            {
                self.store.table: [keys.schedule(row.celebrity_id) for row in candidates],
                self.bookings_table: [
                    keys.day(row.celebrity_id, day) for row in candidates for day in wanted.days_of(row)
                ],
            },
        )
        read = {row.celebrity_id: wanted.days_of(row) for row in candidates}
        return [
            celebrity
            for celebrity in celebrities
            if wanted.is_free(
                celebrity,
                schedule_from(found.get((self.store.table, keys.schedule(celebrity.id)))),
                days.from_batch(found, self.bookings_table, celebrity.id, read[celebrity.id]),
            )
        ]
