"""Challenges of passkey ceremonies: random, for one purpose, good for five minutes and one answer.

Only a challenge's digest is stored. It is deleted in the transaction that its answer brings about, so an
answer that is sent twice, or twice at once, counts once.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Secret

from greenroom.storage import keys
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Delete, Put

from .bearer_secrets import has_form, new_secret
from .clock import epoch

SECONDS = 5 * 60
LOGIN = "login"


def registration(session_id: str) -> str:
    """Return the purpose of adding a passkey in a session."""
    return f"registration in {session_id}"


@dataclass(frozen=True, slots=True)
class Challenges:
    """Gives challenges out and takes them back."""

    tables: Tables
    table: str

    def issue(self, purpose: str, now: datetime) -> str:
        """Store a new challenge and return it: 256 bits in base64url, as ceremonies carry it."""
        challenge = new_secret().get_secret_value()
        expires_at = epoch(now) + SECONDS
        item = {
            **keys.challenge(challenge)._asdict(),
            "purpose": purpose,
            "expires_at": expires_at,
            "ttl": expires_at,
        }
        self.tables.write(Put(self.table, item, when=NEW))
        return challenge

    def is_open(self, challenge: str, purpose: str, now: datetime) -> bool:
        """Tell whether it is one of ours, for this purpose, neither answered nor outdated."""
        if not has_form(Secret(challenge)):
            return False
        stored = self.tables.get(self.table, keys.challenge(challenge))
        return stored is not None and stored["purpose"] == purpose and stored["expires_at"] > epoch(now)

    def closing(self, challenge: str) -> Delete:
        """Return the write that uses a challenge up; it fails when it was used meanwhile."""
        return Delete(self.table, keys.challenge(challenge), when=EXISTS)
