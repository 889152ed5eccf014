"""The monitoring token: how what watches the system shows who it is, having no account and no session.

It is random text in Secrets Manager, one a stage, sent as ``Authorization: Bearer …``. While it is rotated
the one before it counts too, for a day from the rotation on, so that scrapers can be told one by one.
"""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from pydantic import Secret

from greenroom.actors import Role
from greenroom.identity.principal import Claims, Principal
from greenroom.refusals import Unavailable
from greenroom.storage.secrets import SecretVersion, secret_version

MONITOR = Principal("monitor", Role.MONITOR, session_id="", verified=False)
MONITOR_CLAIMS = Claims(MONITOR.user_id, "", Role.MONITOR, issued_at=0, expires_at=0)
"""What the monitoring token says. Compared as an object: no token that anybody signs can be equal to it."""

REFRESH_SECONDS = 300.0
RECHECK_SECONDS = 10.0
"""How soon the store is asked again about a token that nobody knows: a new one counts after so long."""
PREVIOUS_SECONDS = 24 * 3600.0

Read = Callable[[str, str], SecretVersion | None]


@dataclass(frozen=True, slots=True)
class _Known:
    """Digests of the tokens that count, and since when this process knows them."""

    digests: tuple[bytes, ...]
    at: float


class MonitoringToken:
    """Knows the token of a stage. Times are wall-clock seconds; ``read`` fetches a version of the secret."""

    def __init__(
        self, secret_id: str, *, read: Read = secret_version, clock: Callable[[], float] = time.time
    ) -> None:
        self._secret_id = secret_id
        self._read = read
        self._clock = clock
        self._lock = Lock()
        self._kept: _Known | None = None

    def knows(self, token: Secret[str]) -> bool:
        """Tell whether the token is the stage's; raise ``Unavailable`` while nobody can tell."""
        # An access token has three parts; the secret, by its alphabet, has none. So no user's request
        # depends on the store of secrets.
        if not token.get_secret_value().isalnum():
            return False
        digest = _digest(token)
        return _among(digest, self._known(REFRESH_SECONDS)) or _among(digest, self._known(RECHECK_SECONDS))

    def _known(self, newest: float) -> tuple[bytes, ...]:
        """Return the digests as they were at most so many seconds ago."""
        with self._lock:
            now, kept = self._clock(), self._kept
            if kept is not None and 0 <= now - kept.at < newest:
                return kept.digests
            try:
                digests = self._fetched(now)
            except Unavailable:
                if kept is None:
                    raise
                # Better to watch by a token of some minutes ago than not at all.
                digests = kept.digests
            self._kept = _Known(digests, now)
            return digests

    def _fetched(self, now: float) -> tuple[bytes, ...]:
        current = self._read(self._secret_id, "AWSCURRENT")
        if current is None:
            raise Unavailable(retry_after=1)
        previous = None
        if now - current.created.timestamp() < PREVIOUS_SECONDS:
            previous = self._read(self._secret_id, "AWSPREVIOUS")
        return tuple(
            _digest(version.text)
            for version in (current, previous)
            if version and version.text.get_secret_value()
        )


def _digest(token: Secret[str]) -> bytes:
    return sha256(token.get_secret_value().encode()).digest()


def _among(digest: bytes, known: tuple[bytes, ...]) -> bool:
    return any(hmac.compare_digest(digest, one) for one in known)
