"""The outbox: the bookings' event log, each of whose events is mailed to each side that it concerns, once.

Why once, and in which one case twice, is in docs/decisions/0007-mail-once.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Final

from greenroom.actors import Role
from greenroom.bookings.model import Booking, EventType
from greenroom.identity.contacts import Contact
from greenroom.mail import Mailer
from greenroom.refusals import Unavailable
from greenroom.storage.items import Item
from greenroom.telemetry.logs import log_business
from greenroom.telemetry.metrics import record_mail, record_outbox_age

from .announcements import Announcement, announcement, sides_told
from .calendar_files import Invitation, invite
from .envelopes import envelope
from .letters import write_letter
from .marks import Marks

_CHANGES_NO_CALENDAR: Final = frozenset(
    {
        EventType.PAYMENT_FAILED,
        EventType.PAYMENT_RETURNED,
        EventType.PAYMENT_DISPUTED,
        EventType.DISPUTE_CLOSED,
        EventType.REFUND_ORDERED,
        EventType.REFUNDED,
        EventType.BALANCE_CAPTURED,
        EventType.RESCHEDULE_PROPOSED,
        EventType.RESCHEDULE_DECLINED,
        EventType.RESCHEDULE_LAPSED,
        EventType.COMPLETED,
    }
)


def channel(side: Role) -> str:
    """Return the channel by which a side is told, as marks and log lines name it: ``mail:buyer``."""
    return f"mail:{side}"


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends the mails of events. One instance serves a whole process, from any number of threads."""

    marks: Marks
    mailer: Mailer
    find_booking: Callable[[str], Booking]
    """Raises ``NotFound``."""
    find_contact: Callable[[str], Contact | None]
    """By a user's id; None when there is no such account any more."""
    sender: Address
    public_url: str
    """Where links lead, without a trailing slash."""

    def deliver(self, event_item: Item) -> int:
        """Send what an event of the log still has to send, and return how many mails that was.

        Every side is tried even if another fails; then one failure is raised, ``Unavailable`` before any
        other. That, its kind ``BeingSent`` included, passes with time; anything else must be mended.
        """
        announced = announcement(event_item)
        booking = self.find_booking(announced.booking_id)
        sent = 0
        failures: list[Exception] = []
        for side in sides_told(announced, booking):
            try:
                sent += self._deliver_to(side, announced, announced.as_of(booking))
            except Exception as failure:
                failures.append(failure)
                record_mail(sent=False)
                self._log("mail_failed", announced, side, error=type(failure).__name__)
        if failures:
            raise next((failure for failure in failures if isinstance(failure, Unavailable)), failures[0])
        return sent

    def _deliver_to(self, side: Role, announced: Announcement, booking: Booking) -> int:
        lease = self.marks.take(announced.booking_id, announced.event.version, channel(side))
        if lease is None:
            return 0
        try:
            contact = self.find_contact(booking.buyer_id if side is Role.BUYER else booking.agent_id)
            if contact is not None:
                self._send(side, announced, booking, contact)
        except Exception:
            self.marks.release(lease)
            raise
        self.marks.close(lease, "sent" if contact else "no_recipient")
        if contact is not None:
            record_mail(sent=True)
            record_outbox_age((self.marks.now() - announced.event.at).total_seconds())
        self._log("mail_sent" if contact else "mail_without_recipient", announced, side)
        return 1 if contact else 0

    def _send(self, side: Role, announced: Announcement, booking: Booking, contact: Contact) -> None:
        letter = write_letter(announced, booking, side, name=contact.display_name, public_url=self.public_url)
        message = envelope(
            letter,
            self._invitation(announced, booking, contact.email),
            announced,
            side,
            sender=self.sender,
            recipient=contact.email,
        )
        self.mailer.send(message)

    def _invitation(self, announced: Announcement, booking: Booking, attendee: str) -> Invitation | None:
        if announced.kind in _CHANGES_NO_CALENDAR:
            return None
        organizer = self.sender.addr_spec
        return invite(booking, stamp=announced.event.at, organizer=organizer, attendee=attendee)

    @staticmethod
    def _log(event: str, announced: Announcement, side: Role, **fields: str) -> None:
        log_business(
            event,
            event_id=announced.event_id,
            booking_id=announced.booking_id,
            channel=channel(side),
            **fields,
        )
