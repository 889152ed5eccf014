"""What has been sent: one mark for each event and channel, taken before the mail goes and closed after.

A mark that was taken and not closed is a lease: whoever took it may still be sending. When the lease is
over the sender counts as dead, and the next one may take it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from greenroom.calendar.intervals import format_instant, parse_instant
from greenroom.refusals import Unavailable
from greenroom.storage import keys
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Tables
from greenroom.storage.writes import NEW, Put, Update

LEASE = timedelta(seconds=30)
"""Longer than a mail provider's client can take, its retries included."""


class BeingSent(Unavailable):
    """Another worker is sending this very mail, or died at it less than a lease ago."""

    def __init__(self, until: datetime) -> None:
        super().__init__("This mail is being sent", retry_after=int(LEASE.total_seconds()))
        self.until = until


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one mail until it ends."""

    key: Key
    until: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of the bookings table. ``now`` returns an aware instant."""

    tables: Tables
    table: str
    now: Callable[[], datetime]

    def take(self, booking_id: str, version: int, channel: str) -> Lease | None:
        """Return the lease for one mail, or None when it has been dealt with.

        Raises ``BeingSent`` while another worker holds it.
        """
        key, now = keys.sent(booking_id, version, channel), self.now()
        mark = self.tables.get(self.table, key)
        if mark is None:
            condition = NEW
        elif mark["state"] != "sending":
            return None
        elif parse_instant(mark["until"]) > now:
            raise BeingSent(parse_instant(mark["until"]))
        else:
            condition = {"state": "sending", "until": mark["until"]}
        until = now.replace(microsecond=0) + LEASE
        lease = Lease(key, format_instant(until))
        item = {**key._asdict(), "kind": "mark", "state": "sending", "until": lease.until, "by": uuid4().hex}
        try:
            self.tables.write(Put(self.table, item, when=condition))
        except ConditionFailed:
            raise BeingSent(until) from None
        return lease

    def close(self, lease: Lease, outcome: str) -> None:
        """Record what became of the mail, for good: ``sent`` or ``no_recipient``."""
        item = {
            **lease.key._asdict(),
            "kind": "mark",
            "state": outcome,
            "at": format_instant(self.now()),
        }
        self.tables.write(Put(self.table, item))

    def release(self, lease: Lease) -> None:
        """End the lease after a failure, so that the next try need not wait for it."""
        mine = {"state": "sending", "until": lease.until}
        try:
            self.tables.write(
                Update(self.table, lease.key, assign={"until": format_instant(self.now())}, when=mine)
            )
        except (ConditionFailed, Unavailable):
            return  # it ends by itself
