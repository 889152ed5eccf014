"""The health function: whether the system can serve, what it does, and its documentation."""

import time
from collections.abc import Callable
from functools import cache, partial
from urllib.parse import urlsplit

from greenroom.cache.choice import chosen_cache
from greenroom.catalog.cache_health import CatalogCacheHealth
from greenroom.catalog.kinds import cache_scope
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.admission import admission, monitored_admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.storage.clients import client, gate_client
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.health import Group, HealthChecks

from .board import Board
from .cache_check import CacheCheck, CacheProbe
from .probes import ask_mail, reach, read_table
from .routes import HealthApp, routes
from .settings import HealthSettings
from .views import ConfigurationView

_CACHE_KEEP_SECONDS = 5.0
_EXTERNAL_KEEP_SECONDS = 15.0
"""Others are asked less often: the mail service takes one question a second in all."""


def compose(clock: Callable[[], float] = time.time) -> Composition[HealthApp]:
    """Make the function's services from its settings. Nothing is called yet, not even for a token's key.

    ``clock`` says how old is what is kept, in epoch seconds.
    """
    settings = HealthSettings.read()
    errors.configure(settings)
    tables, checks = Tables(client("dynamodb")), HealthChecks(clock)

    @cache
    def probe() -> CacheProbe:
        return cache_probe(settings, tables)

    cached = CacheCheck(probe, table_well=partial(checks.well, "table_catalog"))
    register_checks(checks, settings, tables, cached)
    board = Board(
        lambda: client("cloudwatch"), settings.stage, keep=settings.metrics_keep_seconds, clock=clock
    )
    return Composition(
        app=HealthApp(
            checks=checks,
            cache=cached,
            board=board,
            configuration=configuration(settings),
            stage=settings.stage,
            version=settings.service_version,
        ),
        admission=monitored_admission(
            settings.monitoring_secret_id,
            lambda: admission(settings, Tables(gate_client()), client("kms")),
        ),
        cors_origins=settings.cors_origins,
    )


def cache_probe(settings: HealthSettings, tables: Tables) -> CacheProbe:
    """Make the probe of the cache through which the catalogue is read."""
    cached = chosen_cache(settings, scope=cache_scope(settings.catalog_table))
    return CatalogCacheHealth(
        store=CatalogStore(tables, settings.catalog_table, cached),
        cache=cached,
        stale_seconds=settings.cache_stale_seconds,
    )


def register_checks(
    checks: HealthChecks, settings: HealthSettings, tables: Tables, cache: CacheCheck
) -> None:
    """Register all checks: every table, which requests need, then what they can do without."""
    for name, table in settings.tables.items():
        checks.register_health_check(
            f"table_{name}", partial(read_table, tables, table), timeout=settings.health_table_seconds
        )
    checks.register_health_check(
        "catalog_cache",
        cache,
        critical=False,
        # It reads a table itself, several times.
        timeout=3 * settings.health_table_seconds,
        group=Group.CACHE,
        keep=_CACHE_KEEP_SECONDS,
    )
    addresses = {"payment_provider": settings.payment_api_url, "cdn": settings.cdn_url}
    external = {
        "mail": partial(ask_mail, settings.mail_domain),
        **{
            name: partial(reach, address, settings.health_external_seconds)
            for name, address in addresses.items()
            if address
        },
    }
    for name, probe in external.items():
        checks.register_health_check(
            name,
            probe,
            critical=False,
            timeout=settings.health_external_seconds,
            group=Group.EXTERNAL,
            keep=_EXTERNAL_KEEP_SECONDS,
        )


def configuration(settings: HealthSettings) -> ConfigurationView:
    """Return what may be shown of the settings, each named here: a new one is not shown by itself."""
    return ConfigurationView(
        log_level=settings.log_level,
        log_sample_rate=settings.log_sample_rate,
        rate_limits=settings.rate_limits,
        cors_origins=list(settings.cors_origins),
        tables=settings.tables,
        mail_domain=settings.mail_domain,
        payment_host=urlsplit(settings.payment_api_url).netloc,
        cdn_host=urlsplit(settings.cdn_url).netloc if settings.cdn_url else None,
        metrics_keep_seconds=settings.metrics_keep_seconds,
    )


handler = Function(routes, compose)
