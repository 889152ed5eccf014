"""The sweeper: once a minute it looks at what is due though nobody asks for it.

It writes down which deadlines have passed, so that everybody is told; ends payments that are over at the
provider, where a message that never came is found out; pays back what is owed; and takes those who have left
out of their bookings.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.settings import BookingSettings
from greenroom.bookings.store import BookingStore
from greenroom.payments.cashier import Cashier
from greenroom.payments.provider import ProviderUnavailable
from greenroom.payments.stripe_provider import Credentials, StripeProvider
from greenroom.privacy.cleaning import Cleaner
from greenroom.storage.clients import client
from greenroom.storage.secrets import secret
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.logs import log_business
from greenroom.telemetry.worker import Worker


class SweeperSettings(BookingSettings):
    """The settings of this function."""

    payment_secret_id: str
    payment_api_url: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


@cache
def _cashier() -> Cashier:
    settings = SweeperSettings.read()
    errors.configure(settings)
    store = BookingStore(Tables(client("dynamodb")), settings.bookings_table)
    desk = BookingDesk(store=store, policy=settings.policy(), clock=_now)

    def credentials() -> Credentials:
        return Credentials.read(secret(settings.payment_secret_id))

    return Cashier(desk, StripeProvider(credentials, settings.payment_api_url), _now)


_CALLS_IN_VAIN = 2
"""After so many calls that were not answered a run asks the provider no more: each takes up to its whole time
limit, a third of what a run has, and the deadlines of all others are still to be written down."""


def sweep(cashier: Cashier) -> int:
    """Do all that is due and return how many bookings expired; one that fails does not stop the rest.

    Safe with several running at once, and again after any interruption: each step is conditional on the
    booking's version, and each call of the provider has a key of its own.
    """
    desk, expired, in_vain = cashier.desk, 0, 0
    due = list(desk.store.due(desk.clock()))
    # In any order: what fails each minute, and so is the longest due, must not use up each run.
    random.shuffle(due)
    for booking_id in due:
        try:
            if in_vain < _CALLS_IN_VAIN:
                # Before the deadline is written down: who has paid in time is not told that he was late.
                in_vain += not _answered(cashier, booking_id)
            expired += desk.expire(booking_id)
        except Exception as error:  # whatever is wrong with one booking, the others are due as well
            report_fault("expiry put off", error, booking_id=booking_id)
    if expired:
        log_business("bookings_expired", count=expired)
    return expired


def _answered(cashier: Cashier, booking_id: str) -> bool:
    """Settle with the provider what is due for one booking; tell whether the provider answers."""
    booking = cashier.desk.store.get(booking_id)
    try:
        cashier.follow_up(booking)
    except Exception as error:  # no fault of the provider's keeps the celebrity's time
        report_fault("settlement put off", error, booking_id=booking_id)
        return not isinstance(error, ProviderUnavailable)
    return True


def serve(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """Answer the schedule; ``{"look_only": true}``, from whoever tries a version out, changes nothing."""
    cashier = _cashier()
    desk = cashier.desk
    if event.get("look_only"):
        return {"due": sum(1 for _ in desk.store.due(desk.clock()))}
    expired = sweep(cashier)
    return {"expired": expired, "erased": Cleaner(desk, desk.clock).run()}


handler = Worker("sweeper", serve, prepare=_cashier)
