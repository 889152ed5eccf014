"""The catalogue function: who can be booked, for what, and when; and how agents change that."""

from typing import Annotated

from pydantic import Field

from greenroom.cache.choice import chosen_cache
from greenroom.cache.settings import CacheSettings
from greenroom.catalog.kinds import cache_scope
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.admission import admission
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identity.settings import TokenSettings
from greenroom.settings import Seconds
from greenroom.storage.clients import client, gate_client, object_client
from greenroom.storage.secrets import secret
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.metrics import record_cache_operation
from greenroom.uploads.bucket import Bucket

from .routes import CatalogApp, routes


class CatalogSettings(TokenSettings, CacheSettings):
    """The settings of this function."""

    catalog_table: str
    bookings_table: str
    cursor_secret_id: str
    media_bucket: str
    cdn_url: Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$")] | None = None
    """Where files are served from, and so where media may be; None: there can be none."""
    idempotency_seconds: Seconds = 24 * 3600


def compose() -> Composition[CatalogApp]:
    """Make the function's services from its settings."""
    settings = CatalogSettings.read()
    errors.configure(settings)
    tables = Tables(client("dynamodb"))
    cache = chosen_cache(
        settings,
        scope=cache_scope(settings.catalog_table),
        on_operation=lambda _namespace, outcome, _milliseconds: record_cache_operation(outcome),
    )
    app = CatalogApp(
        store=CatalogStore(tables, settings.catalog_table, cache),
        tables=tables,
        bookings_table=settings.bookings_table,
        cursors=Cursors(lambda: secret(settings.cursor_secret_id)),
        cdn_url=settings.cdn_url,
        bucket=Bucket(object_client, settings.media_bucket),
    )
    return Composition(
        app=app,
        admission=admission(settings, Tables(gate_client()), client("kms")),
        cors_origins=settings.cors_origins,
        idempotency_seconds=settings.idempotency_seconds,
    )


handler = Function(routes, compose)
