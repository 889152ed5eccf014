"""What a login and a refresh give."""

from dataclasses import dataclass

from pydantic import Secret


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, the seconds it lives, and the refresh token that continues the session."""

    access_token: Secret[str]
    expires_in: int
    refresh_token: Secret[str]
