"""What every function that takes access tokens needs: who reads a token, and who knows its session."""

from typing import TYPE_CHECKING

from greenroom.storage.tables import Tables

from .keys import TokenKeys
from .liveness import LiveSessions
from .settings import TokenSettings
from .verification import TokenVerifier

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


def token_verifier(settings: TokenSettings, kms: "KMSClient") -> TokenVerifier:
    """Compose the verifier from a function's settings."""
    return TokenVerifier(
        TokenKeys(kms, settings.token_key_ids), settings.token_issuer, settings.token_audience
    )


def live_sessions(settings: TokenSettings, tables: Tables) -> LiveSessions:
    """Compose the look-up of sessions from a function's settings."""
    return LiveSessions(tables, settings.limits_table)
