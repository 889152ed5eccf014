"""Leaving: one transaction takes an account with all that opens it, and notes what is left to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from greenroom.bookings.model import Booking, Dispute, State
from greenroom.bookings.store import BookingStore
from greenroom.catalog.records import roster_from
from greenroom.identity.account_changes import commit_with_sessions
from greenroom.identity.clock import Clock
from greenroom.identity.letters import Letters
from greenroom.identity.notices import tell
from greenroom.identity.own_account import OwnAccount
from greenroom.identity.passkeys import Passkeys
from greenroom.identity.principal import Principal
from greenroom.identity.races import decided_anew
from greenroom.identity.users import User
from greenroom.mail import Mailer
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.keys import Key
from greenroom.storage.writes import NEW, Check, Delete, Write
from greenroom.telemetry.logs import log_auth

from .jobs import Job, Jobs
from .refusals import EngagementsOpen, RosterNotEmpty
from .sides import all_bookings

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Erases accounts, their owners' own or by the operator."""

    account: OwnAccount
    passkeys: Passkeys
    store: BookingStore
    catalog_table: str
    letters: Letters
    mailer: Mailer
    clock: Clock

    def leave(self, principal: Principal) -> None:
        """Erase one's own account, freshly logged in.

        Raises ``FreshLoginRequired``, ``EngagementsOpen`` and ``RosterNotEmpty``; then nothing has changed.
        """
        user = self.account.freshly(principal, self.clock())
        self._erase(user.id, by="owner")

    def erase(self, user_id: str) -> None:
        """Erase an account as the operator; raise ``NotFound``, else as ``leave``."""
        self._erase(user_id, by="operator")

    def _erase(self, user_id: str, *, by: str) -> None:
        user = decided_anew(lambda: self._commit(user_id))
        log_auth("user_deleted", "WARN", user_id=user.id, by=by)
        tell(self.mailer, self.letters.erased(user.email))

    def _commit(self, user_id: str) -> User:
        user, now = self.account.users.by_id(user_id), self.clock()
        if user is None:
            raise NotFound
        self._demand_no_engagements(user.id, now)
        jobs = Jobs(self.store.tables, self.store.table)
        commit_with_sessions(
            self.account.sessions,
            [
                jobs.creation(Job.new(user.id, now)),
                self._demand_no_roster(user.id),
                *self._removal(user),
            ],
            user_id=user.id,
            effect=self.account.sessions.ending,
            now=now,
        )
        return user

    def _demand_no_engagements(self, user_id: str, now: datetime) -> None:
        binding = (booking.id for _, booking in all_bookings(self.store, user_id) if binds(booking, now))
        if named := list(islice(binding, _MOST_NAMED)):
            raise EngagementsOpen(f"These have to end first: {', '.join(named)}")

    def _demand_no_roster(self, user_id: str) -> Check:
        """Return the demand that nobody comes onto the roster meanwhile; raise ``RosterNotEmpty``."""
        stored = self.store.tables.get(self.catalog_table, keys.roster(user_id))
        if roster_from(stored):
            raise RosterNotEmpty
        return Check(self.catalog_table, keys.roster(user_id), when={"size": 0} if stored else NEW)

    def _removal(self, user: User) -> Iterator[Write]:
        """Yield the writes that remove the account; at most 49 while nobody has more than 20 passkeys."""
        table = self.account.users.table
        yield Delete(table, keys.user(user.id), when={"version": user.version})
        yield Delete(table, keys.email_owner(user.folded_email), when={"user_id": user.id})
        for passkey in self.passkeys.of(user.id):
            yield from self.passkeys.removing(passkey)
        # Deleted whether they are there or not.
        yield Delete(table, keys.second_factor(user.id))
        yield Delete(table, keys.pending_totp(user.id))
        if user.registration:
            yield Delete(table, Key(f"VERIFY#{user.registration}", "TOKEN"))
        for purpose, subject in (("RESET", user.folded_email), ("EMAIL_CHANGE", user.id)):
            newest = self.account.users.tables.get(table, keys.newest_token(purpose, subject))
            if newest is not None:
                yield Delete(table, keys.newest_token(purpose, subject))
                yield Delete(table, Key(f"{purpose}#{newest['digest']}", "TOKEN"))


def binds(booking: Booking, now: datetime) -> bool:
    """Tell whether a booking keeps its sides: an engagement that is ahead, or money that is on its way."""
    if booking.state is State.CONFIRMED and now < booking.interval.end:
        return True
    return any(payment.refund_due or payment.dispute is Dispute.OPEN for payment in booking.payments)
