"""The bookings table: bookings, their events, and the celebrity's days, written together or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from greenroom.actors import Role
from greenroom.calendar.days import Claim, DayDocument, claim, release
from greenroom.calendar.intervals import format_instant
from greenroom.identifiers import is_id, new_id
from greenroom.refusals import NotFound
from greenroom.storage import days, keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Page, Tables
from greenroom.storage.writes import NEW, Put, Write
from greenroom.telemetry import metrics
from greenroom.telemetry.invocations import mark

from .model import Booking, ClaimChange, EventType, State
from .outcomes import Outcome
from .records import DUE_SHARDS, booking_from, booking_item, due_shard, event_item
from .settlement import due_at

# A request is a booking's first version, and what the agent says to it the second.
_ANSWER = 2
_INBOX = {Role.BUYER: ("by_buyer", "buyer_id"), Role.AGENT: ("by_agent", "agent_id")}


def claim_of(booking: Booking) -> Claim:
    """Return the claim that a booking's state gives it: a hold until its deadline, or a lasting booking."""
    if booking.state is State.CONFIRMED:
        return Claim(booking.id, booking.claimed_interval, "booking")
    return Claim(booking.id, booking.claimed_interval, "hold", booking.deadline)


@dataclass(frozen=True, slots=True)
class BookingStore:
    """Reads bookings and commits transitions."""

    tables: Tables
    table: str

    def get(self, booking_id: str) -> Booking:
        """Return a booking as it was written last; raise ``NotFound``."""
        item = self.tables.get(self.table, keys.booking(booking_id)) if is_id(booking_id, "bkg") else None
        if item is None:
            raise NotFound
        return booking_from(item)

    def events(self, booking_id: str, *, after: int = 0) -> Iterator[Item]:
        """Yield the event items of a booking after the version ``after``, the oldest first."""
        return self.tables.query_all(
            self.table,
            partition=("pk", keys.booking(booking_id).pk),
            between=("sk", keys.event(booking_id, after + 1).sk, "EVENT#~"),
        )

    def inbox(
        self,
        role: Role,
        user_id: str,
        *,
        first: str,
        last: str,
        start_key: Item | None,
        limit: int,
    ) -> Page:
        """Return a page of the booking items of a buyer or an agent, by start. Eventually consistent."""
        index, attribute = _INBOX[role]
        return self.tables.query(
            self.table,
            index=index,
            partition=(attribute, user_id),
            between=("starts_at", first, last),
            start_key=start_key,
            limit=limit,
        )

    @staticmethod
    def inbox_key(role: Role, item: Item) -> Item:
        """Return the key behind which the inbox goes on after ``item``."""
        _, attribute = _INBOX[role]
        return {name: item[name] for name in ("pk", "sk", attribute, "starts_at")}

    def due(self, now: datetime) -> Iterator[str]:
        """Yield the ids of bookings that must be looked at, as far as the index knows."""
        for number in range(DUE_SHARDS):
            for item in self.tables.query_all(
                self.table,
                index="by_due",
                partition=("due_shard", due_shard(number)),
                between=("due_at", "0", format_instant(now)),
            ):
                yield item["pk"].partition("#")[2]

    def days_of(self, booking: Booking, outcome: Outcome) -> list[DayDocument]:
        """Read the days that a transition's change of the calendar touches, old place and new."""
        if outcome.claim is ClaimChange.KEEP:
            return []
        touched = set(booking.claimed_interval.utc_days())
        if outcome.claim is ClaimChange.TAKE:
            touched |= set(outcome.booking.claimed_interval.utc_days())
        wanted = sorted(touched)
        found = self.tables.batch_get({self.table: [keys.day(booking.celebrity_id, day) for day in wanted]})
        return days.from_batch(found, self.table, booking.celebrity_id, wanted)

    def commit(self, outcome: Outcome, read_days: Sequence[DayDocument], *extra: Write) -> None:
        """Write an outcome with its event and its days in one transaction.

        The booking must still be at the version before, and each day as it was read. Claims are live or not
        at the event's own time. Raises ``SlotTaken`` when another live claim overlaps, ``ConditionFailed``
        or ``Contended`` on a lost race.
        """
        booking, now = outcome.booking, outcome.event.at
        previous = booking.version - 1
        writes: list[Write] = [
            Put(
                self.table,
                booking_item(booking, due_at(booking, now)),
                when=NEW if previous == 0 else {"version": previous},
            ),
            Put(self.table, event_item(booking, outcome.event, new_id("evt", now)), when=NEW),
            *(days.put(self.table, document) for document in _changed_days(outcome, read_days, now)),
            *extra,
        ]
        self.tables.write(*writes)
        _record(outcome)


def _record(outcome: Outcome) -> None:
    """Tell the metrics and the trace what has just been written."""
    booking, event = outcome.booking, outcome.event
    metrics.record_transition(event.type.value)
    if event.version == _ANSWER and event.type in {EventType.OFFERED, EventType.DECLINED}:
        metrics.record_time_to_answer((event.at - booking.created_at).total_seconds())
    mark(booking_id=booking.id)


def _changed_days(outcome: Outcome, read: Sequence[DayDocument], now: datetime) -> list[DayDocument]:
    if outcome.claim is ClaimChange.TAKE:
        return claim(read, claim_of(outcome.booking), now)
    if outcome.claim is ClaimChange.RELEASE:
        return release(read, outcome.booking.id)
    return []
