"""Tokens in mails that let their holder do one thing, once, for a while: the newest one only.

Two items a token: its own, found by its digest, and one that names the newest of its subject.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Secret

from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Delete, Put, Write

from .bearer_secrets import has_form, new_secret
from .clock import epoch
from .users import User


@dataclass(frozen=True, slots=True)
class Issued:
    """A token about to be written, and until when it works."""

    token: Secret[str]
    expires_at: datetime
    writes: list[Write]


@dataclass(frozen=True, slots=True)
class OneTimeTokens:
    """The tokens of one purpose."""

    tables: Tables
    table: str
    purpose: str
    seconds: int
    """How long one works."""

    def issue(self, *, subject: str, user: User | None, now: datetime, **details: str) -> Issued:
        """Return a new token for ``user`` with the writes that make it the subject's only one.

        For nobody (None) the writes are as many, and the token does nothing.
        """
        token = new_secret()
        ends = epoch(now) + self.seconds
        item = {
            **keys.one_time_token(self.purpose, token)._asdict(),
            "user_id": user.id if user else "",
            "credentials": credentials(user) if user else "",
            "subject": subject,
            **details,
            "expires_at": ends,
            "ttl": ends,
        }
        newest = {
            **keys.newest_token(self.purpose, subject)._asdict(),
            "digest": keys.secret_digest(token),
            "ttl": ends,
        }
        writes: list[Write] = [Put(self.table, item, when=NEW), Put(self.table, newest)]
        return Issued(token, now + timedelta(seconds=self.seconds), writes)

    def find(self, token: Secret[str], now: datetime) -> Item | None:
        """Return what was stored with a token that still counts, else None."""
        if not has_form(token):
            return None
        item = self.tables.get(self.table, keys.one_time_token(self.purpose, token))
        if item is None or item["expires_at"] <= epoch(now):
            return None
        newest = self.tables.get(self.table, keys.newest_token(self.purpose, item["subject"]))
        return item if newest is not None and newest["digest"] == keys.secret_digest(token) else None

    def use(self, token: Secret[str], item: Item) -> list[Write]:
        """Return the writes that use a found token up. They fail when it was used or followed meanwhile."""
        return [
            Delete(self.table, keys.one_time_token(self.purpose, token), when=EXISTS),
            Delete(
                self.table,
                keys.newest_token(self.purpose, item["subject"]),
                when={"digest": keys.secret_digest(token)},
            ),
        ]


def credentials(user: User) -> str:
    """Return what changes with the account's password: a token that was asked for before is void after."""
    return keys.secret_digest(user.password_hash)
