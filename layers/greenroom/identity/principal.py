"""Who makes a request: as a token says it, and as it is."""

from dataclasses import dataclass

from greenroom.actors import Role


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    user_id: str
    session_id: str
    role: Role
    issued_at: int
    """Epoch seconds."""
    expires_at: int
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A user with a live session, as the server knows them now, not as their token says."""

    user_id: str
    role: Role
    session_id: str
    verified: bool
    """Whether the user has proven that the account's e-mail address is theirs."""
    authenticated_at: int = 0
    """When the session's login was, in epoch seconds; refreshing does not move it. 0: unknown, long ago."""
