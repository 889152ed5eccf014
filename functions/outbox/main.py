"""The outbox function: mails every event of the bookings' log, from the stream or, after an outage, anew.

Lambda calls ``handler`` with records of the stream. An operator calls it with a span of time instead:
``{"replay": {"since": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z"}}``, or replays from his own
machine by ``greenroom.messaging.command``, where no time-out cuts it off.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from greenroom.calendar.intervals import parse_instant
from greenroom.mail import SesMailer
from greenroom.messaging.composition import compose
from greenroom.messaging.outbox import Outbox
from greenroom.messaging.replay import Replayed, replay_events
from greenroom.messaging.settings import OutboxSettings
from greenroom.messaging.stream import deliver_records
from greenroom.messaging.undelivered import UndeliveredQueue
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.worker import Worker


def _now() -> datetime:
    return datetime.now(UTC)


@cache
def _settings() -> OutboxSettings:
    settings = OutboxSettings.read()
    errors.configure(settings)
    return settings


@cache
def _outbox() -> Outbox:
    return compose(_settings(), Tables(client("dynamodb")), SesMailer(), _now)


def _set_apart(record: Mapping[str, Any]) -> None:
    UndeliveredQueue(client("sqs"), _settings().undelivered_queue_url).put(record)


def serve(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver a batch of the stream, note what never can be, and name what must come again; or replay."""
    if "replay" in event:
        span = event["replay"]
        return replay(since=parse_instant(span["since"]), until=parse_instant(span["until"]))._asdict()
    again = deliver_records(event["Records"], _outbox().deliver, _set_apart)
    return {"batchItemFailures": [{"itemIdentifier": sequence_number} for sequence_number in again]}


def replay(*, since: datetime, until: datetime) -> Replayed:
    """Send what was never sent of the events of a span of time.

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
