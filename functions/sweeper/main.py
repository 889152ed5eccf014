"""The sweeper: once a minute it writes down which deadlines have passed, so that everybody is told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.settings import BookingSettings
from greenroom.bookings.store import BookingStore
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.logs import log_business
from greenroom.telemetry.worker import Worker


@cache
def _desk() -> BookingDesk:
    settings = BookingSettings.read()
    errors.configure(settings)
    store = BookingStore(Tables(client("dynamodb")), settings.bookings_table)
    return BookingDesk(store=store, policy=settings.policy(), clock=lambda: datetime.now(UTC))


def sweep(desk: BookingDesk) -> int:
    """Expire all that is due and return how many; one booking that fails does not stop the rest.

    Safe with several running at once, and again after any interruption: each expiry is conditional on the
    booking's version.
    """
    expired = 0
    for booking_id in desk.store.due(desk.clock()):
        try:
            expired += desk.expire(booking_id)
        except Exception as error:  # whatever is wrong with one booking, the others are due as well
            report_fault("expiry put off", error, booking_id=booking_id)
    if expired:
        log_business("bookings_expired", count=expired)
    return expired


def serve(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """Answer the schedule; ``{"look_only": true}``, from whoever tries a version out, changes nothing."""
    if event.get("look_only"):
        desk = _desk()
        return {"due": sum(1 for _ in desk.store.due(desk.clock()))}
    return {"expired": sweep(_desk())}


handler = Worker("sweeper", serve, prepare=_desk)
