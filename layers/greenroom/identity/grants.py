"""What a login and a refresh give."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, the seconds it lives, and the refresh token that continues the session."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str = field(repr=False)
