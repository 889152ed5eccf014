"""The health function: whether the system can serve, and its documentation."""

from greenroom.gateway.dispatch import Composition, Function
from greenroom.settings import Settings
from greenroom.storage.clients import client
from greenroom.storage.keys import Key
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors
from greenroom.telemetry.health import HealthChecks

from .routes import HealthApp, routes

_PROBE = Key("HEALTH", "PROBE")


class HealthSettings(Settings):
    """The settings of this function."""

    identity_table: str
    catalog_table: str
    bookings_table: str
    limits_table: str


def compose() -> Composition[HealthApp]:
    """Make the function's services: one check a table, each a real read of an item that need not exist."""
    settings = HealthSettings.read()
    errors.configure(settings)
    tables, checks = Tables(client("dynamodb")), HealthChecks()
    for name in ("identity", "catalog", "bookings", "limits"):
        table = getattr(settings, f"{name}_table")
        checks.register_health_check(f"table_{name}", lambda table=table: tables.get(table, _PROBE))  # type: ignore[misc]
    return Composition(
        app=HealthApp(checks=checks, stage=settings.stage, version=settings.service_version),
        cors_origins=settings.cors_origins,
    )


handler = Function(routes, compose)
