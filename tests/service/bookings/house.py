"""A house full of callers with wrong clocks who overtake one another, and a simple model of who has what.

Each deed is carried out by the real desk, cashier and sweeper. A deed may be overtaken: another caller acts
between its reads and its write.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.sweeper.main import sweep
from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import CLAIMING, Booking, Dispute, PaymentState, State
from greenroom.calendar.availability import free_slots
from greenroom.calendar.days import live_claims
from greenroom.calendar.intervals import Interval
from greenroom.calendar.refusals import SlotTaken
from greenroom.calendar.zones import find_zone
from greenroom.catalog.store import CatalogStore
from greenroom.payments.provider import EventKind, ProviderEvent
from greenroom.refusals import Refusal
from greenroom.storage import days
from local.restore.booking_invariants import bookings_hold
from tests.service.bookings import manners
from tests.service.bookings.truth import books, check_ledger
from tests.service.bookings.world import AGENT, HOUR, MINUTE, NOW, SLOT, Clock, World, buyer
from tests.support.faults import Overtaken
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_provider import PaperProvider

MOST_SKEW = timedelta(minutes=2)
ADMIN = Actor(Role.ADMIN, "usr_00000000000000000000000008")
_OTHER = {Role.BUYER: AGENT, Role.AGENT: buyer()}

Deed = tuple[str, int, int]
"""What is done, to which booking or payment (counted round), and a choice within it."""


@dataclass
class Promise:
    """The time that a booking was last granted, in the simplest terms."""

    interval: Interval
    until: datetime | None
    doubted: bool = False
    """Somebody by whose clock it had expired has since written to one of its days."""

    def live(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class House:
    """The world, the model, and the deeds."""

    def __init__(self) -> None:
        self.world = World(MemoryDynamoDB(), clock=Clock(NOW), provider=PaperProvider())
        self.promises: dict[str, Promise] = {}
        self.ids: list[str] = []
        self.events: list[ProviderEvent] = []

    def do(self, deed: Deed, skew: timedelta, overtaken_by: Callable[[], object] | None = None) -> None:
        """Carry out a deed as a caller whose clock is wrong by ``skew``, and hold it against the model."""
        caller = self.world.skewed(skew)
        if overtaken_by is not None:
            caller = caller.over(dynamodb=Overtaken(self.world.dynamodb, overtaken_by))
        known = dict(self.promises)
        name, which, choice = deed
        with suppress(Refusal):
            try:
                getattr(self, f"_{name}")(caller, which, choice)
            except SlotTaken:
                self._check_refusal(deed, caller.clock(), {**known, **self.promises})
                raise

    def check(self) -> None:
        """Check the table, the ledger, and that no undoubted promise is broken."""
        found = books(self.world)
        found.check(stealable_until=self.world.clock() + MOST_SKEW)
        check_ledger(found, self.world.provider, settled=False)

    def settle(self) -> None:
        """Let time pass and everybody be told everything; then nothing may be open but what is confirmed."""
        self.world.clock.advance(timedelta(days=15))
        for event in self.events:
            self.world.cashier.receive(event)
        self._decide_disputes()
        sweep(self.world.cashier)
        found = books(self.world)
        found.check()
        # What a restored table is asked must hold of every sound one.
        assert not list(bookings_hold(self.world.items(), self.world.clock()))
        check_ledger(found, self.world.provider)
        assert found.due == set()

    def _decide_disputes(self) -> None:
        for booking_id in self.ids:
            for payment in self.world.store.get(booking_id).payments:
                if payment.dispute is Dispute.OPEN:
                    self.world.cashier.receive(self.world.provider.dispute(payment.id, "dispute_won"))

    # What is promised

    def _granted(self, booking: Booking, caller: World) -> None:
        now, mine = caller.clock(), booking.claimed_interval
        self.ids += [booking.id] if booking.id not in self.ids else []
        if booking.state not in CLAIMING:
            self.promises.pop(booking.id, None)
            return
        until = None if booking.state is State.CONFIRMED else booking.deadline
        before = self.promises.get(booking.id)
        if before is not None and (before.interval, before.until) == (mine, until):
            return  # nothing was claimed
        for other_id, other in self.promises.items():
            if other_id == booking.id:
                continue
            if other.live(now):
                assert other.doubted or not other.interval.overlaps(mine), "granted twice"
            elif set(other.interval.utc_days()) & set(mine.utc_days()):
                other.doubted = True
        self.promises[booking.id] = Promise(mine, until)

    def _check_refusal(self, deed: Deed, now: datetime, known: dict[str, Promise]) -> None:
        name, which, choice = deed
        if name == "book":
            wanted = self._interval(which, choice)
            assert any(each.live(now) and each.interval.overlaps(wanted) for each in known.values())

    @staticmethod
    def _start(which: int) -> datetime:
        return SLOT + which % 6 * HOUR

    def _interval(self, which: int, choice: int) -> Interval:
        start = self._start(which)
        length = timedelta(days=3) if choice % 4 == 1 else 2 * HOUR
        return Interval(start, start + length).widen(HOUR / 2, HOUR / 2)

    # What is done

    def _book(self, caller: World, which: int, choice: int) -> None:
        self._granted(caller.book(self._start(which), offering=(1, 2, 3, 4)[choice % 4]), caller)

    def _book_what_is_free(self, caller: World, which: int, _: int) -> None:
        """A start that is shown as free is booked if nothing else is written; a claimed one is not shown."""
        celebrity, schedule = CatalogStore(caller.tables, "catalog").open_celebrity(caller.celebrity_id)
        now, day = caller.clock(), SLOT.date()
        read = days.read_range(caller.tables, "bookings", celebrity.id, [day, day + timedelta(days=1)])
        timing, zone = celebrity.offerings[0].timing, find_zone("UTC")
        free = free_slots(
            schedule,
            zone,
            timing,
            live_claims(read, now),
            from_date=day,
            to_date=day,
            query_zone=zone,
            now=now,
        )
        for promise in self.promises.values():
            if promise.live(now) and not promise.doubted:
                assert not any(promise.interval.overlaps(timing.claimed(start)) for start in free)
        if free:
            booking = None
            with suppress(SlotTaken):
                booking = caller.book(free[which % len(free)])
            assert booking is not None, "it was shown as free"
            self._granted(booking, caller)

    def _repeat(self, caller: World, which: int, choice: int) -> None:
        booking_id = manners.repeat(caller, self._start(which), (1, 2, 3, 4)[choice % 4])
        if booking_id is not None:
            self._granted(caller.store.get(booking_id), caller)

    def _be_late(self, caller: World, which: int, choice: int) -> None:
        if self.ids:
            manners.act_upon_an_old_version(caller, self.ids[which % len(self.ids)], choice)

    def _look_in(self, caller: World, which: int, choice: int) -> None:
        if self.ids:
            manners.look_from_outside(caller, self.ids[which % len(self.ids)], choice)

    def _apply(
        self, caller: World, which: int, make: Callable[[Booking], tuple[actions.Action, Actor]]
    ) -> None:
        if self.ids:
            booking = caller.store.get(self.ids[which % len(self.ids)])
            self._granted(caller.desk.apply(booking.id, *make(booking)), caller)

    def _offer(self, caller: World, which: int, choice: int) -> None:
        start = self._start(choice) if choice % 3 else None
        offer = actions.Offer(fee=1000, deposit=choice % 2 * 100, currency="EUR", start=start)
        self._apply(caller, which, lambda booking: (offer, _OTHER[_OTHER[booking.turn or Role.AGENT].role]))

    def _accept(self, caller: World, which: int, _: int) -> None:
        self._apply(
            caller,
            which,
            lambda booking: (
                actions.Accept(booking.terms_versions),
                _OTHER[_OTHER[booking.turn or Role.BUYER].role],
            ),
        )

    def _propose(self, caller: World, which: int, choice: int) -> None:
        action = actions.ProposeReschedule(start=self._start(choice) + 30 * MINUTE, time_zone="UTC")
        self._apply(caller, which, lambda _: (action, AGENT if choice % 2 else buyer()))

    def _end(self, caller: World, which: int, choice: int) -> None:
        ends: list[tuple[actions.Action, Actor]] = [
            (actions.Decline(), AGENT),
            (actions.Withdraw(), buyer()),
            (actions.Cancel(), AGENT),
        ]
        self._apply(caller, which, lambda _: ends[choice % 3])

    def _pay(self, caller: World, which: int, choice: int) -> None:
        if self.ids:
            booking_id = self.ids[which % len(self.ids)]
            booking, payment = caller.pay(booking_id)
            self._granted(booking, caller)
            payable = payment.id in caller.provider.open_payments
            if choice % 3 and payable and payment.state is PaymentState.PENDING:
                self._tell(caller, caller.provider.pay(payment.id))

    def _deliver(self, caller: World, which: int, choice: int) -> None:
        """Tell of a payment now that was begun some time ago, or tell again."""
        # A payment that was opened and never recorded was given to nobody, so nobody can pay it.
        recorded = {each.id for booking in self.ids for each in caller.store.get(booking).payments}
        known = sorted(caller.provider.open_payments & recorded)
        if choice % 3 and known:
            payment_id = known[which % len(known)]
            act = caller.provider.pay if choice % 3 == 1 else caller.provider.decline
            self._tell(caller, act(payment_id))
        elif self.events:
            self._tell(caller, self.events[which % len(self.events)])

    def _tell(self, caller: World, event: ProviderEvent) -> None:
        self.events.append(event)
        booking_id = event.booking_id or caller.provider.find(event.intent_id).booking_id
        before = caller.store.get(booking_id)
        caller.cashier.receive(event)
        after = caller.store.get(booking_id)
        if after.version != before.version:
            self._granted(after, caller)

    def _give_back(self, caller: World, which: int, choice: int) -> None:
        """An admin gives a part back, or more than there is."""
        self._apply(
            caller, which, lambda _: (actions.OrderRefund((1, 500, 25_000, 10**6)[choice % 4]), ADMIN)
        )

    def _dispute(self, caller: World, which: int, choice: int) -> None:
        """A bank asks for a payment, or decides."""
        taken = sorted(caller.provider.captured)
        if taken:
            kinds: tuple[EventKind, ...] = ("disputed", "dispute_won", "dispute_lost")
            kind = kinds[choice % 3]
            self._tell(caller, caller.provider.dispute(taken[which % len(taken)], kind))

    def _sweep(self, caller: World, _: int, __: int) -> None:
        before = {booking_id: caller.store.get(booking_id).version for booking_id in self.ids}
        sweep(caller.cashier)
        for booking_id in self.ids:
            after = caller.store.get(booking_id)
            if after.state not in CLAIMING or after.version != before.get(booking_id):
                self._granted(after, caller)
