"""Any order of claims, moves, confirmations and releases, by callers whose clocks disagree."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from greenroom.calendar.days import (
    Claim,
    ClaimKind,
    DayDocument,
    claim,
    holds_whole,
    live_claims,
    release,
)
from greenroom.calendar.intervals import Interval
from greenroom.calendar.refusals import SlotTaken
from tests.unit.calendar.samples import CELEBRITY, HOUR, UNHURRIED, at

START = at("2026-12-01 00:00")
BOOKINGS = st.sampled_from(["bkg_a", "bkg_b", "bkg_c", "bkg_d"])
INTERVALS = st.builds(
    lambda hour, hours: Interval(START + hour * HOUR, START + (hour + hours) * HOUR),
    st.integers(0, 71),
    st.one_of(st.integers(1, 4), st.integers(20, 50)),
)
SKEWS = st.integers(-120, 120).map(lambda seconds: timedelta(seconds=seconds))
HOLDS = st.integers(1, 300).map(lambda seconds: timedelta(seconds=seconds))


@dataclass
class Promise:
    """What a booking was last granted, in the simplest terms."""

    claim: Claim
    doubted: bool = False
    """Someone by whose clock it had expired has since written to one of its days."""

    def is_live(self, now: datetime) -> bool:
        return self.claim.expires_at is None or now < self.claim.expires_at

    def shares_instant(self, interval: Interval) -> bool:
        mine = self.claim.interval
        return max(mine.start, interval.start) < min(mine.end, interval.end)


class Calendar(RuleBasedStateMachine):
    """Drives the documents as a store with conditional writes would, beside a list of promises."""

    @initialize()
    def begin(self) -> None:
        self.store: dict[date, DayDocument] = {}
        self.writes: dict[date, int] = {}
        self.promises: dict[str, Promise] = {}
        self.clock = at("2026-11-01 00:00")

    def read(self, *intervals: Interval) -> list[DayDocument]:
        days = {day for interval in intervals for day in interval.utc_days()}
        return [
            DayDocument.from_stored(
                CELEBRITY, day, self.store[day].to_stored() if day in self.store else None
            )
            for day in days
        ]

    def write(self, changed: list[DayDocument]) -> None:
        for doc in changed:
            stored = self.store.get(doc.day)
            assert doc.version == (stored.version if stored else 0) + 1
            self.store[doc.day] = doc
            self.writes[doc.day] = self.writes.get(doc.day, 0) + 1

    @rule(seconds=st.integers(0, 200))
    def time_passes(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule(booking_id=BOOKINGS, interval=INTERVALS, lasting=HOLDS | st.none(), skew=SKEWS)
    def claim_or_move(
        self, booking_id: str, interval: Interval, lasting: timedelta | None, skew: timedelta
    ) -> None:
        now = self.clock + skew
        wanted = (
            Claim(booking_id, interval, "booking")
            if lasting is None
            else Claim(booking_id, interval, "hold", self.clock + lasting)
        )
        self.attempt(wanted, now)

    @rule(booking_id=BOOKINGS, skew=SKEWS, kind=st.sampled_from(["booking", "block"]))
    def make_permanent(self, booking_id: str, skew: timedelta, kind: ClaimKind) -> None:
        if booking_id in self.promises:
            interval = self.promises[booking_id].claim.interval
            self.attempt(Claim(booking_id, interval, kind), self.clock + skew)

    def attempt(self, wanted: Claim, now: datetime) -> None:
        own = self.promises.get(wanted.booking_id)
        docs = self.read(wanted.interval, *([own.claim.interval] if own else []))
        rivals = [
            promise
            for booking_id, promise in self.promises.items()
            if booking_id != wanted.booking_id
            and promise.is_live(now)
            and promise.shares_instant(wanted.interval)
        ]
        try:
            changed = claim(docs, wanted, now)
        except SlotTaken:
            assert rivals
            return
        assert all(rival.doubted for rival in rivals)
        assert holds_whole(changed, wanted)
        self.write(changed)
        self.promises[wanted.booking_id] = Promise(wanted)
        written = {doc.day for doc in changed}
        for promise in self.promises.values():
            if not promise.is_live(now) and written & set(promise.claim.interval.utc_days()):
                promise.doubted = True

    @rule(booking_id=BOOKINGS)
    def release(self, booking_id: str) -> None:
        promise = self.promises.pop(booking_id, None)
        if promise is not None:
            self.write(release(self.read(promise.claim.interval), booking_id))
        assert all(booking_id not in doc.claims for doc in self.store.values())

    @invariant()
    def claims_that_are_whole_never_overlap(self) -> None:
        whole = [
            promise for promise in self.promises.values() if holds_whole(self.store.values(), promise.claim)
        ]
        for number, promise in enumerate(whole):
            assert not any(promise.shares_instant(other.claim.interval) for other in whole[:number])

    @invariant()
    def nothing_is_lost_but_by_expiry(self) -> None:
        for promise in self.promises.values():
            assert promise.doubted or holds_whole(self.store.values(), promise.claim)

    @invariant()
    def live_claims_of_one_clock_include_every_promise_that_stands(self) -> None:
        found = live_claims(self.store.values(), self.clock)
        standing = {
            promise.claim
            for promise in self.promises.values()
            if promise.is_live(self.clock) and not promise.doubted
        }
        assert standing <= set(found)
        assert len(found) == len(set(found))

    @invariant()
    def versions_count_the_writes(self) -> None:
        assert {day: doc.version for day, doc in self.store.items()} == self.writes


Calendar.TestCase.settings = settings(UNHURRIED, max_examples=60, stateful_step_count=40)
TestCalendar = Calendar.TestCase
