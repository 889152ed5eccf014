"""The settings of the functions: every value of a stage, of which each function is given what it lists."""

from collections.abc import Mapping

from stacks.data import DataStack
from stacks.functions import FunctionPlan
from stacks.stages import Stage

TOKEN_AUDIENCE = "greenroom"  # noqa: S105 - a name

_COMMON = (
    *("STAGE", "SERVICE_VERSION", "LOG_LEVEL", "LOG_SAMPLE_RATE", "POWERTOOLS_TRACE_DISABLED"),
    *("SENTRY_DSN", "SENTRY_TRACES_SAMPLE_RATE", "SENTRY_PROFILES_SAMPLE_RATE"),
)


def stage_settings(stage: Stage, data: DataStack, *, public_url: str, version: str) -> Mapping[str, str]:
    """Return every setting by its environment variable. Secrets are named, never given."""
    site = stage.site
    settings = {
        "STAGE": stage.name,
        "SERVICE_VERSION": version,
        "LOG_LEVEL": stage.log_level,
        "LOG_SAMPLE_RATE": str(stage.log_sample_rate),
        # Without a daemon's rights the SDK would only cost time, and it is on unless told otherwise.
        "POWERTOOLS_TRACE_DISABLED": "" if stage.tracing else "true",
        "CORS_ORIGINS": ",".join(site.origins),
        "IDENTITY_TABLE": data.tables.identity.table_name,
        "CATALOG_TABLE": data.tables.catalog.table_name,
        "BOOKINGS_TABLE": data.tables.bookings.table_name,
        "LIMITS_TABLE": data.tables.limits.table_name,
        "TOKEN_KEY_IDS": ",".join(key.key_arn for key in data.token_keys),
        "TOKEN_ISSUER": public_url,
        "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
        "PUBLIC_URL": public_url,
        "MAIL_FROM": f"bookings@{site.mail_domain}",
        "WEBAUTHN_RP_ID": site.webauthn_rp_id or "",
        "WEBAUTHN_ORIGINS": ",".join(site.webauthn_origins),
        "CURSOR_SECRET_ID": data.cursor_secret.secret_arn,
        "PAYMENT_SECRET_ID": data.payment_secret.secret_arn,
        "MONITORING_SECRET_ID": data.monitoring_secret.secret_arn,
        "UNDELIVERED_QUEUE_URL": data.undelivered.queue_url,
        "CDN_URL": site.cdn_url or data.cdn.url,
        "MEDIA_BUCKET": data.media.bucket_name,
        "PAYMENT_API_URL": site.payment_api_url or "",
        "SENTRY_DSN": site.sentry_dsn or "",
        "SENTRY_TRACES_SAMPLE_RATE": str(stage.traces_sample_rate) if site.sentry_dsn else "",
        "SENTRY_PROFILES_SAMPLE_RATE": str(stage.profiles_rate) if site.sentry_dsn else "",
        "CACHE_URL": site.cache_url or "",
    }
    # What is left out has its default in the function.
    return {name: value for name, value in settings.items() if value}


def function_settings(plan: FunctionPlan, settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return what one function is told: what every function knows, and what its plan lists."""
    behind_gateway = ("CORS_ORIGINS",) if plan.behind_gateway else ()
    return {name: settings[name] for name in (*_COMMON, *behind_gateway, *plan.settings) if name in settings}
