"""The environment that functions see on one machine: what a deployed stage would set, from the emulator."""

from collections.abc import Mapping, MutableMapping
from urllib.parse import urlsplit

from local.emulator import REGION
from local.ports import LOOPBACK
from local.resources import ACCESS_KEY, MAIL_FROM, Resources
from local.tables import TABLES

# A developer's own account, region, endpoints and proxies must not reach the functions' clients.
_FOREIGN_PREFIXES = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NOWHERE = "/dev/null"

# The demo accounts are everybody's here: scripts, tests and load tests log in to them again and again, and
# none may end another's session. Whoever wants to see the cap sets it himself.
_UNLESS_SET = {"MOST_SESSIONS": "1000"}


def function_settings(
    resources: Resources, *, emulator_url: str, base_url: str, provider_url: str
) -> dict[str, str]:
    """Return every setting of every function. ``base_url`` is where people reach the API."""
    settings = {table.setting: resources.tables[table.name] for table in TABLES}
    return settings | {
        "STAGE": "local",
        "SERVICE_VERSION": "local",
        "TOKEN_KEY_IDS": resources.signing_key_id,
        "TOKEN_ISSUER": base_url,
        "TOKEN_AUDIENCE": "greenroom",
        "PUBLIC_URL": base_url,
        "MAIL_FROM": MAIL_FROM,
        **_relying_party(base_url),
        "CURSOR_SECRET_ID": resources.cursor_secret_id,
        "PAYMENT_SECRET_ID": resources.payment_secret_id,
        "UNDELIVERED_QUEUE_URL": resources.undelivered_events_url,
        "MONITORING_SECRET_ID": resources.monitoring_secret_id,
        "PAYMENT_API_URL": provider_url,
        "MEDIA_BUCKET": resources.media_bucket,
        # The console serves what is published.
        "CDN_URL": f"{base_url}/local",
        "AWS_ENDPOINT_URL": emulator_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": NOWHERE,
        "AWS_SHARED_CREDENTIALS_FILE": NOWHERE,
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_TRACE_DISABLED": "true",
        **_UNLESS_SET,
    }


def _relying_party(base_url: str) -> dict[str, str]:
    """Return whose passkeys are made here: no browser makes one for an address in numbers."""
    address = urlsplit(base_url)
    if address.hostname != LOOPBACK:
        return {}
    return {"WEBAUTHN_RP_ID": "localhost", "WEBAUTHN_ORIGINS": f"http://localhost:{address.port}"}


def apply(settings: Mapping[str, str], environment: MutableMapping[str, str]) -> None:
    """Put the settings into ``environment``, the process's own, in place of what would lead elsewhere.

    What a developer sets for the functions and we do not (``BOOKING_HOLD_SECONDS``, ``LOG_LEVEL``,
    ``CORS_ORIGINS``, ``CACHE_URL``, ``SENTRY_DSN``, …) stays.
    """
    for name in [name for name in environment if name.upper().startswith(_FOREIGN_PREFIXES)]:
        del environment[name]
    kept = {name: environment[name] for name in _UNLESS_SET if environment.get(name)}
    environment.update({**settings, **kept})
