"""The options of ``sentry_sdk``. The reasons are in docs/decisions/0012-error-reports.md."""

from types import ModuleType
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.transport import HttpTransport

from greenroom.settings import Settings

from .scrub import clean


class OneAttempt(HttpTransport):
    """The SDK's transport with one attempt of two seconds; its own default is four of thirty."""

    TIMEOUT = 2

    def _get_pool_options(self) -> dict[str, Any]:
        return super()._get_pool_options() | {"retries": False}


def initialise(settings: Settings) -> ModuleType:
    """Initialise the SDK for this process and return it."""
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else None,
        release=settings.service_version,
        environment=settings.stage,
        transport=OneAttempt,
        default_integrations=False,
        integrations=[DedupeIntegration(), ThreadingIntegration()],
        include_local_variables=False,
        before_send=clean,
        before_send_transaction=clean,
        traces_sample_rate=settings.sentry_traces_sample_rate or None,
        profile_session_sample_rate=settings.sentry_profiles_sample_rate,
        profile_lifecycle="trace",
        send_client_reports=False,
        auto_session_tracking=False,
        enable_backpressure_handling=False,
    )
    return sentry_sdk
