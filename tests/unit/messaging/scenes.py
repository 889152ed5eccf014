"""Bookings, events and doubles that the tests of mails and calendar files are told with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from threading import Lock
from typing import Any

from greenroom.bookings.documents import terms_document
from greenroom.bookings.model import Booking, State
from greenroom.bookings.terms import Terms
from greenroom.calendar.intervals import Interval, format_instant
from greenroom.identity.contacts import Contact
from greenroom.mail import MailUnavailable
from greenroom.messaging.marks import Marks
from greenroom.messaging.outbox import Outbox
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Tables
from greenroom.storage.writes import NEW, Put, Update, Write

START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BUYER, AGENT = "usr_00000000000000000000000001", "usr_00000000000000000000000002"
BOOKING_ID = "bkg_00000000000000000000000003"
CONTACTS = {
    BUYER: Contact("ada@buyers.test", "Ada Lovelace"),
    AGENT: Contact("bo@agents.test", "Bo Diddley"),
}
MAIL_FROM = "bookings@greenroom.test"
SENDER = Address("Greenroom", addr_spec=MAIL_FROM)
PUBLIC_URL = "https://greenroom.test"


def some_terms(**changes: Any) -> Terms:
    """Return terms of an instant offering: 1,250.00 EUR, a fifth of it in advance."""
    values: dict[str, Any] = {
        "version": 1,
        "fee": 120_000,
        "travel": 5_000,
        "deposit": 25_000,
        "commission": 12_345,
        "currency": "EUR",
        "start": START,
        "end": START + timedelta(hours=2),
    }
    return Terms(**values | changes)


def some_booking(**changes: Any) -> Booking:
    """Return a confirmed booking of two hours in Paris."""
    values: dict[str, Any] = {
        "id": BOOKING_ID,
        "state": State.CONFIRMED,
        "version": 2,
        "celebrity_id": "cel_00000000000000000000000004",
        "celebrity_name": "Zoë Núñez",
        "agent_id": AGENT,
        "buyer_id": BUYER,
        "offering_id": "off_0000000000000000000000000401",
        "offering_title": "Evening appearance",
        "interval": Interval(START, START + timedelta(hours=2)),
        "buffer_before": timedelta(),
        "buffer_after": timedelta(),
        "time_zone": "Europe/Paris",
        "created_at": NOW,
        "venue": "Salle Pleyel",
        "brief": "Opening of the festival",
        "currency": "EUR",
        "terms": some_terms(),
    }
    return Booking(**values | changes)


def event_item(
    kind: str = "confirmed",
    *,
    version: int = 2,
    state: str = "confirmed",
    actor: str = "provider",
    changes: Mapping[str, Any] | None = None,
    **more: Any,
) -> Item:
    """Return an event as the log holds it."""
    booking_id = more.pop("booking_id", BOOKING_ID)
    return {
        **keys.event(booking_id, version)._asdict(),
        "kind": "event",
        "id": f"evt_{booking_id[4:-6]}{version:06d}",
        "booking_id": booking_id,
        "version": version,
        "type": kind,
        "actor": {"role": actor, "id": {"buyer": BUYER, "agent": AGENT}.get(actor, actor)},
        "reason": "",
        "at": format_instant(NOW),
        "changes": dict(changes or {}),
        "state": state,
        "start": format_instant(START),
        "end": format_instant(START + timedelta(hours=2)),
    } | more


def written_terms(**changes: Any) -> dict[str, Any]:
    """Return terms as an event's changes hold them."""
    return terms_document(some_terms(**changes))


class MemoryTables(Tables):
    """Tables in memory, with the conditions that marks are written under."""

    def __init__(self) -> None:
        object.__setattr__(self, "items", {})
        object.__setattr__(self, "stale", {})
        object.__setattr__(self, "_lock", Lock())

    items: dict[Key, Item]
    stale: dict[Key, Item]
    """What the next read of a key finds, as if it had come before the last write."""
    _lock: Lock

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:  # noqa: ARG002
        item = self.stale.pop(key, self.items.get(key))
        return dict(item) if item is not None else None

    def write(self, *writes: Write) -> None:
        (write,) = writes
        with self._lock:
            match write:
                case Put(item=item, when=when):
                    key = Key(item["pk"], item["sk"])
                    self._demand(key, when)
                    self.items[key] = dict(item)
                case Update(key=key, assign=assign, when=when):
                    self._demand(key, when)
                    self.items[key] |= assign

    def _demand(self, key: Key, when: Mapping[str, Any] | None) -> None:
        item = self.items.get(key)
        if when == NEW and item is not None:
            raise ConditionFailed([0])
        if when and when != NEW and (item is None or any(item.get(k) != v for k, v in when.items())):
            raise ConditionFailed([0])


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, instant: datetime = NOW) -> None:
        self.instant = instant

    def __call__(self) -> datetime:
        return self.instant

    def pass_by(self, seconds: float) -> None:
        """Move on."""
        self.instant += timedelta(seconds=seconds)


class Postbox:
    """A mailer that keeps what it is given, and fails for the addresses it is told to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.failing: dict[str, Exception] = {}

    def send(self, message: EmailMessage) -> None:
        failure = self.failing.get(str(message["To"]))
        if failure is not None:
            raise failure
        self.messages.append(message)

    def fail(self, user_id: str, failure: Exception | None = None) -> None:
        """Refuse that user's mail from now on."""
        self.failing[CONTACTS[user_id].email] = failure or MailUnavailable()

    @property
    def recipients(self) -> list[str]:
        """The addresses that mail went to, in order."""
        return [str(message["To"]) for message in self.messages]


class Desk:
    """An outbox with everything it needs, in memory."""

    def __init__(self) -> None:
        self.tables, self.clock, self.postbox = MemoryTables(), Clock(), Postbox()
        self.bookings = {BOOKING_ID: some_booking()}
        self.contacts = dict(CONTACTS)
        self.outbox = Outbox(
            marks=Marks(self.tables, "bookings", self.clock),
            mailer=self.postbox,
            find_booking=self._booking,
            find_contact=self.contacts.get,
            sender=SENDER,
            public_url=PUBLIC_URL,
        )

    def _booking(self, booking_id: str) -> Booking:
        if booking_id not in self.bookings:
            raise NotFound
        return self.bookings[booking_id]
