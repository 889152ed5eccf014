"""Cleaning up after somebody who has left: their bookings end, and forget them.

Every step can be repeated, and a process that ends anywhere leaves the job as it was: the next look, a minute
later, goes on. The events of a log are rewritten first and the booking last, because it is by the booking
that the next look finds what is left.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenroom.actors import CLOCK, Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.erasure import without_person
from greenroom.bookings.model import OPEN, Booking
from greenroom.bookings.outcomes import is_over
from greenroom.bookings.refusals import IllegalTransition
from greenroom.refusals import PreconditionFailed
from greenroom.storage.tables import ConditionFailed
from greenroom.storage.writes import Put
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.logs import log_business

from .jobs import Job, Jobs
from .sides import all_bookings

QUIET = timedelta(minutes=15)
"""Until so long after somebody left, a request of theirs may still be under way, and indexes may lag."""
_LATER = timedelta(hours=1)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Does the jobs."""

    desk: BookingDesk
    clock: Callable[[], datetime]

    @property
    def jobs(self) -> Jobs:
        """The jobs of the desk's own table."""
        return Jobs(self.desk.store.tables, self.desk.store.table)

    def run(self) -> int:
        """Do what is due and return how many people are forgotten; one that fails does not stop the rest."""
        done = 0
        for user_id in self.jobs.due(self.clock()):
            try:
                done += self.clean(user_id)
            except Exception as error:  # the others are due as well
                report_fault("erasure put off", error)
        return done

    def clean(self, user_id: str) -> bool:
        """Do one job, and return whether nothing is left to do."""
        job, now = self.jobs.get(user_id), self.clock()
        if job is None:
            return False
        found = [(booking.id, side) for side, booking in all_bookings(self.desk.store, user_id)]
        left = [booking_id for booking_id, side in found if not self._forget(booking_id, side, job)]
        if left or now < job.begun_at + QUIET:
            with suppress(ConditionFailed):  # another worker was as quick
                self.jobs.put_off(job, now + _LATER if left else job.begun_at + QUIET)
            return False
        self.jobs.close(job)
        log_business("person_erased")
        return True

    def _forget(self, booking_id: str, side: Role, job: Job) -> bool:
        """Take the person out of a booking; return False while it must wait."""
        for _ in range(_TRIES):
            booking = self.desk.store.get(booking_id)
            if booking.party(job.user_id) is not side:
                return True  # the index does not know yet
            try:
                if booking.state in OPEN:
                    self._end(booking, side, job)
                    continue
                self._blank_log(booking, job)
                erase = actions.Erase(side, job.pseudonym(booking.id))
                self.desk.step(booking, erase, CLOCK)
            except IllegalTransition:
                return False  # it is confirmed, after all, and ahead
            except PreconditionFailed:
                continue
            return True
        return False

    def _end(self, booking: Booking, side: Role, job: Job) -> None:
        if is_over(booking, self.clock()):
            self.desk.expire(booking.id)
            return
        action = actions.Withdraw() if side is Role.BUYER else actions.Decline()
        self.desk.step(booking, action, Actor(side, job.user_id))

    def _blank_log(self, booking: Booking, job: Job) -> None:
        store, pseudonym = self.desk.store, job.pseudonym(booking.id)
        for event in store.events(booking.id):
            blanked = without_person(event, booking, user_id=job.user_id, pseudonym=pseudonym)
            if blanked != event:
                store.tables.write(Put(store.table, blanked, when={"id": event["id"]}))
