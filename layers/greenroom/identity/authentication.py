"""From an access token to a principal: what every function that is not public needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from greenroom.storage.tables import Tables

from .keys import TokenKeys
from .liveness import LiveSessions
from .principal import Principal
from .settings import TokenSettings
from .verification import TokenVerifier

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


@dataclass(frozen=True, slots=True)
class Authentication:
    """Verifies the token, then looks its session up."""

    verifier: TokenVerifier
    live_sessions: LiveSessions

    def __call__(self, token: str, now: datetime) -> Principal:
        """Return the principal; raise ``Unauthenticated``, or ``Unavailable`` when it cannot be known."""
        return self.live_sessions.principal(self.verifier.verify(token, now), now)


def authentication(settings: TokenSettings, tables: Tables, kms: "KMSClient") -> Authentication:
    """Compose it from a function's settings."""
    return Authentication(
        TokenVerifier(TokenKeys(kms, settings.token_key_ids), settings.token_issuer, settings.token_audience),
        LiveSessions(tables, settings.limits_table),
    )
