"""The outbox function: mails every event of the bookings' log, from the stream or, after an outage, anew.

Lambda calls ``handler`` with records of the stream. An operator calls it with a span of time instead:
``{"replay": {"since": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z"}}``.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from greenroom.bookings.store import BookingStore
from greenroom.calendar.intervals import parse_instant
from greenroom.identity.contacts import contact
from greenroom.mail import SesMailer
from greenroom.messaging.marks import Marks
from greenroom.messaging.outbox import Outbox
from greenroom.messaging.replay import replay_events
from greenroom.messaging.stream import deliver_records
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.worker import Worker

from .settings import OutboxSettings


def _now() -> datetime:
    return datetime.now(UTC)


@cache
def _settings() -> OutboxSettings:
    settings = OutboxSettings.read()
    errors.configure(settings)
    return settings


@cache
def _outbox() -> Outbox:
    settings, tables = _settings(), Tables(client("dynamodb"))
    return Outbox(
        marks=Marks(tables, settings.bookings_table, _now),
        mailer=SesMailer(),
        find_booking=BookingStore(tables, settings.bookings_table).get,
        find_contact=lambda user_id: contact(tables, settings.identity_table, user_id),
        sender=settings.sender,
        public_url=settings.public_url,
    )


def serve(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver a batch of the stream and name the records that must come again; or replay."""
    if "replay" in event:
        span = event["replay"]
        return {"sent": replay(since=parse_instant(span["since"]), until=parse_instant(span["until"]))}
    again = deliver_records(event["Records"], _outbox().deliver)
    return {"batchItemFailures": [{"itemIdentifier": sequence_number} for sequence_number in again]}


def replay(*, since: datetime, until: datetime) -> int:
    """Send what was never sent of the events of a span of time; return the number of mails.

    Reads the whole bookings table: see ``replay_events`` for what that costs. It may be cut off by the
    function's timeout and run again: what was sent is not sent again.
    """
    settings = _settings()
    return replay_events(
        Tables(client("dynamodb")),
        settings.bookings_table,
        _outbox().deliver,
        since=since,
        until=until,
        now=_now,
    )


handler = Worker("outbox", serve, prepare=_outbox)
