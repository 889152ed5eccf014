"""The catalogue function: who can be booked, for what, and when."""

from greenroom.catalog.store import CatalogStore
from greenroom.gateway.admission import admission_by_address
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.limits.settings import LimitSettings
from greenroom.storage.clients import client, gate_client
from greenroom.storage.secrets import secret
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors

from .routes import CatalogApp, routes


class CatalogSettings(LimitSettings):
    """The settings of this function."""

    catalog_table: str
    bookings_table: str
    cursor_secret_id: str


def compose() -> Composition[CatalogApp]:
    """Make the function's services from its settings."""
    settings = CatalogSettings.read()
    errors.configure(settings)
    tables = Tables(client("dynamodb"))
    app = CatalogApp(
        store=CatalogStore(tables, settings.catalog_table),
        tables=tables,
        bookings_table=settings.bookings_table,
        cursors=Cursors(lambda: secret(settings.cursor_secret_id).encode()),
    )
    return Composition(
        app=app,
        admission=admission_by_address(settings, Tables(gate_client())),
        cors_origins=settings.cors_origins,
    )


handler = Function(routes, compose)
