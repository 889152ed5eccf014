"""The identity function: its settings, its adapters, its handler."""

from greenroom.gateway.admission import admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identity.clock import system_clock
from greenroom.identity.settings import IdentitySettings
from greenroom.mail import SesMailer
from greenroom.storage.clients import client, gate_client
from greenroom.storage.tables import Tables
from greenroom.telemetry import errors

from .routes import routes
from .services import Services, services


def compose() -> Composition[Services]:
    """Compose the function from its environment."""
    settings = IdentitySettings.read()
    errors.configure(settings)
    tables, gate, kms = Tables(client("dynamodb")), Tables(gate_client()), client("kms")
    return Composition(
        app=services(settings, tables=tables, gate=gate, kms=kms, mailer=SesMailer(), clock=system_clock),
        admission=admission(settings, gate, kms),
        cors_origins=settings.cors_origins,
    )


handler = Function(routes, compose)
