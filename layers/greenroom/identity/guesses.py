"""Guesses at one account's secrets, from wherever they come.

Each attempt is counted before it is looked at, so that however many come at once no more than the limit
are; one that was right is taken back. An address that has no account is counted alike. The owner is not
locked out for good: a password reset stays open and begins the count anew, and open sessions go on.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from greenroom.limits.policies import GUESSES
from greenroom.limits.quotas import Pass, Quotas
from greenroom.refusals import Unavailable
from greenroom.storage import keys
from greenroom.storage.keys import Key


@dataclass(frozen=True, slots=True)
class Guesses:
    """Counts guesses; without quotas none is."""

    quotas: Quotas | None

    def count(self, folded_email: str, now: datetime) -> Pass | None:
        """Count an attempt; raise ``OverQuota``, or ``Unavailable`` when it cannot be counted."""
        return self.quotas.count(GUESSES, _key(folded_email), now) if self.quotas else None

    def take_back(self, folded_email: str, counted: Pass | None) -> None:
        """Take an attempt back that was no guess: what it gave was right."""
        if self.quotas and counted:
            with suppress(Unavailable):  # then it counts, and harms little
                self.quotas.take_back(_key(folded_email), counted)

    def clear(self, folded_email: str) -> None:
        """Begin the count anew, for the owner has proven to be that."""
        if self.quotas:
            with suppress(Unavailable):
                self.quotas.clear(_key(folded_email))


def _key(folded_email: str) -> Key:
    return keys.quota(GUESSES.name, keys.digest(folded_email))
