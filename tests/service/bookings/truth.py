"""What must hold of the bookings table whatever happened, and of the provider's books beside it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise

from greenroom.bookings.documents import terms_document
from greenroom.bookings.model import CLAIMING, Booking, Dispute, Payment, PaymentKind, PaymentState, State
from greenroom.bookings.records import booking_from
from greenroom.bookings.settlement import due_at
from greenroom.bookings.store import claim_of
from greenroom.calendar.days import DayDocument, holds_whole
from greenroom.storage.items import Item
from tests.service.bookings.world import World
from tests.support.paper_provider import PaperProvider

_FOLLOWS = {
    None: {"requested", "awaiting_payment", "confirmed"},
    "requested": {"offered", "declined", "withdrawn", "expired"},
    "offered": {"awaiting_payment", "confirmed", "declined", "withdrawn", "expired"},
    "awaiting_payment": {"confirmed", "declined", "withdrawn", "expired"},
    "expired": {"confirmed"},
    "confirmed": {"cancelled", "completed"},
}


class Books:
    """The bookings table as read at one moment."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.bookings: dict[str, Booking] = {}
        self.events: defaultdict[str, list[Item]] = defaultdict(list)
        self.days: list[DayDocument] = []
        self.kept: list[Item] = []
        self.due: set[str] = set()
        for item in sorted(items, key=lambda item: (item["pk"], item["sk"])):
            kind, _, name = item["pk"].partition("#")
            match kind, item["sk"].partition("#")[0]:
                case "BOOKING", "BOOKING":
                    self.bookings[name] = booking_from(item)
                    if "due_shard" in item:
                        self.due.add(name)
                case "BOOKING", "EVENT":
                    self.events[name].append(item)
                case "DAY", day:
                    self.days.append(DayDocument.from_stored(name, date.fromisoformat(day), item))
                case "IDEMPOTENCY", _:
                    self.kept.append(item)

    def types(self, booking_id: str) -> list[str]:
        """Return what happened to a booking, in order."""
        return [event["type"] for event in self.events[booking_id]]

    @property
    def only(self) -> Booking:
        """Return the one booking that there is."""
        (booking,) = self.bookings.values()
        return booking

    def check(self, *, stealable_until: datetime | None = None) -> None:
        """Check everything that must hold of the table by itself.

        A hold whose deadline is at most ``stealable_until`` may be lost: by a faster clock it had expired.
        """
        assert self.events.keys() == self.bookings.keys(), "no booking without events, no event without one"
        self._check_days()
        for booking in self.bookings.values():
            self._check_log(booking)
            self._check_claim(booking, stealable_until)
            check_money(booking)

    def _check_log(self, booking: Booking) -> None:
        events, state = self.events[booking.id], None
        assert [event["version"] for event in events] == list(range(1, booking.version + 1))
        for event in events:
            assert event["state"] == state or event["state"] in _FOLLOWS[state]
            state = event["state"]
        assert state == booking.state
        self._check_terms(booking)
        assert (booking.id in self.due) == (due_at(booking, booking.created_at) is not None)

    def _check_terms(self, booking: Booking) -> None:
        """Each version of the terms was written once, and what holds is one of them, unchanged."""
        written = [
            event["changes"]["terms"] for event in self.events[booking.id] if "terms" in event["changes"]
        ]
        assert [each["version"] for each in written] == list(range(1, booking.terms_versions + 1))
        proposal = booking.proposal.terms if booking.proposal else None
        for terms in filter(None, (booking.terms, proposal)):
            assert terms_document(terms) == written[terms.version - 1]

    def _check_days(self) -> None:
        for day in self.days:
            for claim in day.claims.values():
                assert day.day in claim.interval.utc_days()
            ordered = sorted(day.claims.values(), key=lambda claim: claim.interval)
            for earlier, later in pairwise(ordered):
                # Whatever clocks said: who wrote later saw the earlier claim, and dropped or respected it.
                assert not earlier.interval.overlaps(later.interval), (earlier, later)

    def _check_claim(self, booking: Booking, stealable_until: datetime | None) -> None:
        days = [day for day in self.days if day.celebrity_id == booking.celebrity_id]
        held = [day for day in days if booking.id in day.claims]
        if booking.state not in CLAIMING:
            assert not held, f"{booking.state} holds no time"
            return
        assert booking.deadline is not None or booking.state is State.CONFIRMED
        lost = booking.state is not State.CONFIRMED and _by(booking.deadline, stealable_until)
        assert lost or (
            holds_whole(days, claim_of(booking)) and len(held) == len(booking.claimed_interval.utc_days())
        ), f"{booking.state} holds its time, whole and once"


def _by(deadline: datetime | None, moment: datetime | None) -> bool:
    return deadline is not None and moment is not None and deadline <= moment


def check_money(booking: Booking) -> None:
    """Check a booking's own ledger: nothing kept without an engagement, no engagement without a deposit."""
    for payment in booking.payments:
        assert payment.kept >= 0
        assert payment.refunded >= 0 <= payment.refund_due
    kept = sum(payment.kept for payment in booking.payments)
    if booking.state in (State.CONFIRMED, State.COMPLETED):
        assert booking.terms
        assert booking.paid(PaymentKind.DEPOSIT) >= booking.terms.deposit
    elif booking.state is not State.CANCELLED:
        assert kept == 0


def check_ledger(books: Books, provider: PaperProvider, *, settled: bool = True) -> None:
    """Compare what bookings say of money with what the provider took and gave back.

    ``settled``: every event of the provider has been delivered and acknowledged, so nothing is open.
    """
    payments = [payment for booking in books.bookings.values() for payment in booking.payments]
    assert len({payment.id for payment in payments}) == len(payments)
    for payment in payments:
        taken = payment.state is PaymentState.CAPTURED
        assert not taken or provider.captured.get(payment.id) == payment.amount
        assert _returned(payment, provider, settled=settled)
        if settled:
            assert taken == (payment.id in provider.captured)
            assert payment.refund_due == 0


def _returned(payment: Payment, provider: PaperProvider, *, settled: bool) -> bool:
    """Tell whether what has gone back by the booking is what has gone back in truth, or may still be told."""
    if not settled and payment.dispute not in (Dispute.WON, Dispute.LOST):
        # A bank's decision may not have been told yet.
        return payment.refunded <= provider.refunded(payment.id) <= payment.refunded + payment.refund_due
    return payment.refunded <= provider.returned(payment.id) <= payment.refunded + payment.refund_due


def books(world: World) -> Books:
    """Read the world's table as it is."""
    return Books(world.items())
