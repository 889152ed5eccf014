"""Lists of bookings: pages of an index, filtered by what each booking is now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from greenroom.actors import Role
from greenroom.calendar.horizon import LONGEST_CLAIM
from greenroom.calendar.intervals import Interval, format_instant
from greenroom.refusals import InvalidInput
from greenroom.storage.items import Item

from .model import Booking, State
from .records import booking_from
from .store import BookingStore
from .transitions import as_of

_PAGE = 100
_MOST_PAGES = 5


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some bookings, and the key behind which the list goes on; None at the end.

    A page may be short, even empty, and still have a next one: a rare state is looked for in bounded steps.
    """

    bookings: list[Booking]
    next_key: Item | None


def bookings_near(
    store: BookingStore, *, celebrity_id: str, agent_id: str, interval: Interval, days: int, now: datetime
) -> list[Booking]:
    """Return the celebrity's bookings that start within so many days of an interval, by start.

    Read from the agent's list in bounded steps: of a roster with more than 500 bookings in that time, the
    first 500 are looked at.
    """
    span, after, found = timedelta(days=days), None, []
    for _ in range(_MOST_PAGES):
        page = store.inbox(
            Role.AGENT,
            agent_id,
            first=format_instant(interval.start - span - LONGEST_CLAIM),
            last=format_instant(interval.end + span),
            start_key=after,
            limit=_PAGE,
        )
        mine = (item for item in page.items if item["celebrity_id"] == celebrity_id)
        found += [as_of(booking_from(item), now) for item in mine]
        after = page.next_key
        if after is None:
            break
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which bookings of a list; None: any."""

    state: State | None = None
    turn: Role | None = None
    deadline_before: datetime | None = None

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return self.state is None and self.turn is None and self.deadline_before is None

    def matches(self, booking: Booking) -> bool:
        """Tell whether a booking, as it stands now, is wanted."""
        if self.state is not None and booking.state is not self.state:
            return False
        if self.turn is not None and booking.turn is not self.turn:
            return False
        if self.deadline_before is None:
            return True
        return booking.deadline is not None and booking.deadline < self.deadline_before


def find_bookings(
    store: BookingStore,
    *,
    role: Role,
    user_id: str,
    wanted: Wanted,
    first: date | None,
    last: date | None,
    after: Item | None,
    limit: int,
    now: datetime,
) -> InboxPage:
    """Return a page of a user's bookings on one side, by start; ``first`` and ``last`` are UTC dates.

    Raises ``InvalidInput`` when ``last`` is before ``first``.
    """
    if first and last and last < first:
        raise InvalidInput("The last date is before the first", field="to")
    if role not in (Role.BUYER, Role.AGENT):
        return InboxPage([], None)
    found: list[Booking] = []
    for _ in range(_MOST_PAGES):
        page = store.inbox(
            role,
            user_id,
            first=first.isoformat() if first else "0",
            last=f"{last.isoformat()}~" if last else "~",
            start_key=after,
            limit=limit if wanted.all else _PAGE,
        )
        for number, item in enumerate(page.items):
            booking = as_of(booking_from(item), now)
            if not wanted.matches(booking):
                continue
            found.append(booking)
            if len(found) == limit:
                more = number + 1 < len(page.items) or page.next_key is not None
                return InboxPage(found, store.inbox_key(role, item) if more else None)
        after = page.next_key
        if after is None:
            return InboxPage(found, None)
    return InboxPage(found, after)
