"""An outbox over a stage's tables, for the function and for the operator's command."""

from collections.abc import Callable
from datetime import datetime

from greenroom.bookings.store import BookingStore
from greenroom.identity.contacts import contact
from greenroom.mail import Mailer
from greenroom.storage.tables import Tables

from .marks import Marks
from .outbox import Outbox
from .settings import OutboxSettings


def compose(settings: OutboxSettings, tables: Tables, mailer: Mailer, now: Callable[[], datetime]) -> Outbox:
    """Return the outbox that these settings describe."""
    return Outbox(
        marks=Marks(tables, settings.bookings_table, now),
        mailer=mailer,
        find_booking=BookingStore(tables, settings.bookings_table).get,
        find_contact=lambda user_id: contact(tables, settings.identity_table, user_id),
        sender=settings.sender,
        public_url=settings.public_url,
    )
