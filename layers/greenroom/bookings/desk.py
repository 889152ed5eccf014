"""The booking desk: reads what a rule needs, lets the rule decide, and commits what it decided.

No method here decides a state; each is a read, a call of the rules and one transaction, tried again
when somebody else was faster.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from greenroom.actors import CLOCK, Actor, Role
from greenroom.calendar.availability import check_bookable
from greenroom.calendar.refusals import SlotTaken
from greenroom.calendar.zones import find_zone, resolve_start
from greenroom.catalog.model import Celebrity, Mode, Offering
from greenroom.catalog.records import celebrity_from, schedule_from
from greenroom.identifiers import new_id, owner_of
from greenroom.money import payable_unit, share
from greenroom.refusals import InvalidInput, NotFound, PreconditionFailed
from greenroom.storage import days, keys
from greenroom.storage.contention import attempt
from greenroom.storage.idempotency import Idempotency
from greenroom.storage.items import Item
from greenroom.storage.writes import Write
from greenroom.telemetry.metrics import record_sweep_lag

from . import actions
from .model import Booking, Policy
from .outcomes import Outcome, is_over
from .refusals import IllegalTransition
from .store import BookingStore
from .transitions import as_of, begin, transition

_DAY = timedelta(days=1)
_Found = dict[tuple[str, keys.Key], Item]


class UnknownOffering(NotFound):
    """There is no such active offering."""

    title = "There is no such offering"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a buyer asks for. ``start`` is RFC 3339, or a wall time that ``time_zone`` makes definite."""

    offering_id: str
    start: str
    time_zone: str
    venue: str = ""
    brief: str = ""
    budget: tuple[int, str] | None = None
    """Minor units and currency."""


Answer = Callable[[Booking], tuple[dict[str, str], bytes]]
"""Renders the answer that is kept for replays: its headers and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDesk:
    """Takes bookings and carries them on."""

    store: BookingStore
    policy: Policy
    clock: Callable[[], datetime]
    catalog_table: str = ""
    """Only where new bookings are taken."""

    def seen_by(self, booking_id: str, user_id: str, role: Role) -> Booking:
        """Return a booking that the user may see, as it stands now; raise ``NotFound`` for all others."""
        return as_of(self.known_to(booking_id, user_id, role), self.clock())

    def known_to(self, booking_id: str, user_id: str, role: Role) -> Booking:
        """Return a booking that the user may see as it was written last: what rules are applied to."""
        booking = self.store.get(booking_id)
        if role is not Role.ADMIN and booking.party(user_id) is None:
            raise NotFound
        return booking

    def book(self, wish: Wish, buyer_id: str, idempotency: Idempotency, answer: Answer) -> Booking:
        """Book an instant offering, or ask for an offer; exactly one buyer gets a given time.

        Two round trips when nobody else is faster: one read of the rules and the days, one transaction.
        Raises ``Replayed`` for a request that was answered before.
        """
        return attempt(lambda: self._book(wish, buyer_id, idempotency, answer))

    def _book(self, wish: Wish, buyer_id: str, idempotency: Idempotency, answer: Answer) -> Booking:
        celebrity_id = owner_of(wish.offering_id, "off", "cel")
        if celebrity_id is None:
            raise UnknownOffering(field="offering_id")
        start = resolve_start(wish.start, wish.time_zone)
        likely = [start.date() + n * _DAY for n in (-1, 0, 1)]
        found = self._read(celebrity_id, likely, idempotency)
        stored = found.get((self.store.table, idempotency.key))
        idempotency.replay(stored)
        celebrity, offering = self._offering(found, celebrity_id, wish.offering_id)
        now = self.clock()
        schedule = schedule_from(found.get((self.catalog_table, keys.schedule(celebrity_id))))
        check_bookable(start, schedule, find_zone(celebrity.time_zone), offering.timing, now)
        draft = _draft(wish, start, celebrity, offering, buyer_id=buyer_id, now=now)
        outcome = begin(_opening(draft, offering), Actor(Role.BUYER, buyer_id), now, self.policy)
        touched = outcome.booking.claimed_interval.utc_days()
        if missing := [day for day in touched if day not in likely]:
            # Only an engagement that lasts past the next day needs a second read.
            wanted = [keys.day(celebrity_id, day) for day in missing]
            found |= self.store.tables.batch_get({self.store.table: wanted})
        headers, body = answer(outcome.booking)
        kept = idempotency.record(self.store.table, status=201, headers=headers, body=body, stored=stored)
        try:
            self.store.commit(outcome, days.from_batch(found, self.store.table, celebrity_id, touched), kept)
        except SlotTaken:
            # A batch is no snapshot: it may show the claim of this very request and not yet its answer.
            idempotency.replay(self.store.tables.get(self.store.table, idempotency.key))
            raise
        return outcome.booking

    def _read(self, celebrity_id: str, wanted: list[date], idempotency: Idempotency) -> _Found:
        return self.store.tables.batch_get(
            {
                self.catalog_table: [keys.celebrity(celebrity_id), keys.schedule(celebrity_id)],
                self.store.table: [idempotency.key, *(keys.day(celebrity_id, day) for day in wanted)],
            }
        )

    def _offering(self, found: _Found, celebrity_id: str, offering_id: str) -> tuple[Celebrity, Offering]:
        item = found.get((self.catalog_table, keys.celebrity(celebrity_id)))
        celebrity = celebrity_from(item) if item else None
        offering = celebrity.offering(offering_id) if celebrity else None
        if celebrity is None or offering is None:
            raise UnknownOffering(field="offering_id")
        return celebrity, offering

    def apply(self, booking_id: str, action: actions.Action, actor: Actor, *extra: Write) -> Booking:
        """Apply an action to the booking as it is now, with ``extra`` writes in the same transaction.

        Reads the booking and, where the calendar changes, its days; writes once. A lost race is decided
        anew upon what the winner left. Raises what the rules and the calendar refuse.
        """

        return attempt(lambda: self.apply_to(self.store.get(booking_id), action, actor, *extra))

    def step(self, booking: Booking, action: actions.Action, actor: Actor) -> Booking:
        """Apply an action to the very version of a booking that the actor knows.

        A race over the celebrity's days is decided anew; one over the booking itself is lost: the actor has
        not seen what he would act upon. Raises ``PreconditionFailed``, and what the rules and the calendar
        refuse.
        """
        known, as_read = booking.version, [booking]

        def once() -> Booking:
            current = as_read.pop() if as_read else self.store.get(booking.id)
            if current.version != known:
                raise PreconditionFailed(field="If-Match")
            return self.apply_to(current, action, actor)

        return attempt(once)

    def apply_to(self, booking: Booking, action: actions.Action, actor: Actor, *extra: Write) -> Booking:
        """Apply an action to the booking as it was read; raise ``ConditionFailed`` when it has moved on."""
        outcome = self.decide(booking, action, actor)
        self.store.commit(outcome, self.store.days_of(booking, outcome), *extra)
        return outcome.booking

    def decide(self, booking: Booking, action: actions.Action, actor: Actor) -> Outcome:
        """Let the rules decide, and write nothing."""
        return transition(booking, action, actor, self.clock(), self.policy)

    def expire(self, booking_id: str) -> bool:
        """Write down what the clock has decided: an expired booking, or a lapsed proposal.

        Returns False when there was nothing to write: somebody else has, or the booking went on.
        """
        booking, now = self.store.get(booking_id), self.clock()
        if booking.deadline is None or not is_over(booking, now):
            return False
        action = actions.LapseReschedule() if booking.proposal else actions.Expire()
        try:
            self.apply(booking_id, action, CLOCK)
        except IllegalTransition:
            return False
        record_sweep_lag((now - booking.deadline).total_seconds())
        return True


def _draft(
    wish: Wish, start: datetime, celebrity: Celebrity, offering: Offering, *, buyer_id: str, now: datetime
) -> actions.Draft:
    if wish.budget and wish.budget[1] != offering.currency:
        raise InvalidInput(f"The offering is priced in {offering.currency}", field="budget.currency")
    return actions.Draft(
        id=new_id("bkg", now),
        celebrity_id=celebrity.id,
        celebrity_name=celebrity.name,
        agent_id=celebrity.agent_id,
        buyer_id=buyer_id,
        offering_id=offering.id,
        offering_title=offering.title,
        interval=offering.timing.engagement(start),
        buffer_before=offering.timing.buffer_before,
        buffer_after=offering.timing.buffer_after,
        time_zone=wish.time_zone,
        currency=offering.currency,
        venue=wish.venue,
        brief=wish.brief,
        budget=wish.budget[0] if wish.budget else None,
        cancellation_policy=offering.cancellation_policy,
    )


def _opening(draft: actions.Draft, offering: Offering) -> actions.Book | actions.Request:
    if offering.mode is Mode.REQUEST:
        return actions.Request(draft=draft)
    return actions.Book(
        draft=draft,
        price=offering.price,
        deposit=share(offering.price, offering.deposit_share, payable_unit(offering.currency)),
    )
