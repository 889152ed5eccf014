"""The bookings function: taking bookings and showing them to their two sides."""

from datetime import UTC, datetime

from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.settings import BookingSettings
from greenroom.bookings.store import BookingStore
from greenroom.gateway.admission import admission
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identity.settings import TokenSettings
from greenroom.settings import Seconds
from greenroom.storage.clients import client, gate_client
from greenroom.storage.secrets import secret
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors

from .routes import BookingsApp, routes


class BookingsSettings(TokenSettings, BookingSettings):
    """The settings of this function."""

    catalog_table: str
    cursor_secret_id: str
    idempotency_seconds: Seconds = 24 * 3600


def compose() -> Composition[BookingsApp]:
    """Make the function's services from its settings."""
    settings = BookingsSettings.read()
    errors.configure(settings)
    tables = Tables(client("dynamodb"))
    desk = BookingDesk(
        store=BookingStore(tables, settings.bookings_table),
        policy=settings.policy(),
        clock=lambda: datetime.now(UTC),
        catalog_table=settings.catalog_table,
    )
    return Composition(
        app=BookingsApp(desk=desk, cursors=Cursors(lambda: secret(settings.cursor_secret_id))),
        admission=admission(settings, Tables(gate_client()), client("kms")),
        cors_origins=settings.cors_origins,
        idempotency_seconds=settings.idempotency_seconds,
    )


handler = Function(routes, compose)
