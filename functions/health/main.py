"""The health function: whether the system can serve, and its documentation."""

from functools import cache
from typing import TYPE_CHECKING

from greenroom.cache.settings import CacheSettings
from greenroom.gateway.dispatch import Composition, Function
from greenroom.storage.clients import client
from greenroom.storage.keys import Key
from greenroom.storage.tables import Tables
from greenroom.telemetry.health import HealthChecks

from .routes import HealthApp, routes

if TYPE_CHECKING:
    from greenroom.catalog.cache_health import CatalogCacheHealth

_PROBE = Key("HEALTH", "PROBE")


class HealthSettings(CacheSettings):
    """The settings of this function."""

    identity_table: str
    catalog_table: str
    bookings_table: str
    limits_table: str


def compose() -> Composition[HealthApp]:
    """Make the function's services.

    One check a table, each a real read of an item that need not exist, and one of the catalogue's cache,
    without which everything goes on.
    """
    settings = HealthSettings.read()
    tables, checks = Tables(client("dynamodb")), HealthChecks()

    @cache
    def cache_health() -> "CatalogCacheHealth":
        return catalog_cache_health(settings, tables)

    for name in ("identity", "catalog", "bookings", "limits"):
        table = getattr(settings, f"{name}_table")
        checks.register_health_check(f"table_{name}", lambda table=table: tables.get(table, _PROBE))  # type: ignore[misc]
    checks.register_health_check("cache", lambda: cache_health().probe(), critical=False)
    return Composition(
        app=HealthApp(checks=checks, stage=settings.stage, version=settings.service_version),
        cors_origins=settings.cors_origins,
    )


def catalog_cache_health(settings: HealthSettings, tables: Tables) -> "CatalogCacheHealth":
    """Make what probes the cache. Its imports are those of the catalogue, of which liveness needs nothing."""
    from greenroom.cache.choice import chosen_cache
    from greenroom.catalog.cache_health import CatalogCacheHealth
    from greenroom.catalog.kinds import cache_scope
    from greenroom.catalog.store import CatalogStore

    cached = chosen_cache(settings, scope=cache_scope(settings.catalog_table))
    return CatalogCacheHealth(
        store=CatalogStore(tables, settings.catalog_table, cached),
        cache=cached,
        stale_seconds=settings.cache_stale_seconds,
    )


handler = Function(routes, compose)
