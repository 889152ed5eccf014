"""The payments function: starting payments, and taking the provider's messages."""

from datetime import UTC, datetime

from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.settings import BookingSettings
from greenroom.bookings.store import BookingStore
from greenroom.gateway.admission import admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identity.settings import TokenSettings
from greenroom.payments.cashier import Cashier
from greenroom.payments.stripe_provider import Credentials, StripeProvider
from greenroom.settings import Seconds
from greenroom.storage.clients import client, gate_client
from greenroom.storage.secrets import secret
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors

from .routes import PaymentsApp, routes


class PaymentsSettings(TokenSettings, BookingSettings):
    """The settings of this function."""

    payment_secret_id: str
    payment_api_url: str | None = None
    idempotency_seconds: Seconds = 24 * 3600


def _now() -> datetime:
    return datetime.now(UTC)


def compose() -> Composition[PaymentsApp]:
    """Make the function's services from its settings."""
    settings = PaymentsSettings.read()
    errors.configure(settings)
    tables = Tables(client("dynamodb"))

    def credentials() -> Credentials:
        return Credentials.read(secret(settings.payment_secret_id))

    desk = BookingDesk(
        store=BookingStore(tables, settings.bookings_table), policy=settings.policy(), clock=_now
    )
    provider = StripeProvider(credentials, settings.payment_api_url)
    return Composition(
        app=PaymentsApp(desk=desk, cashier=Cashier(desk, provider, _now)),
        admission=admission(settings, Tables(gate_client()), client("kms")),
        cors_origins=settings.cors_origins,
        idempotency_seconds=settings.idempotency_seconds,
    )


handler = Function(routes, compose)
