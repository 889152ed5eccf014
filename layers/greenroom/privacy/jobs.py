"""What is left to do once an account is gone: one item for each person whose bookings are to be cleaned.

It stands in the bookings table, on the index of what is due, in a shard of its own. It holds the secret from
which pseudonyms are made, and goes when all is done: then nobody can tell whose they were.
"""

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pydantic import Secret

from greenroom.calendar.intervals import format_instant, parse_instant
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Delete, Put

SHARD = "erasures"


@dataclass(frozen=True, slots=True)
class Job:
    """One person's cleaning. Its pseudonym differs from booking to booking: no two can be put together."""

    user_id: str
    salt: Secret[str]
    begun_at: datetime

    @classmethod
    def new(cls, user_id: str, now: datetime) -> "Job":
        """Begin one."""
        return cls(user_id, Secret(secrets.token_hex(32)), now)

    def pseudonym(self, booking_id: str) -> str:
        """Return what stands for the person in that booking: the same at every try."""
        salt = self.salt.get_secret_value().encode()
        return f"erased_{hmac.digest(salt, booking_id.encode(), sha256).hex()[:32]}"

    def item(self, due: datetime) -> Item:
        """Return its item, to be looked at when ``due``."""
        return {
            **keys.erasure(self.user_id)._asdict(),
            "kind": "erasure",
            "salt": self.salt,
            "begun_at": format_instant(self.begun_at),
            "due_at": format_instant(due),
            "due_shard": SHARD,
        }


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of the bookings table."""

    tables: Tables
    table: str

    def creation(self, job: Job) -> Put:
        """Return the write of a new job, due at once."""
        return Put(self.table, job.item(job.begun_at), when=NEW)

    def due(self, now: datetime) -> Iterator[str]:
        """Yield the ids of the people whose bookings are to be looked at, as far as the index knows."""
        found = self.tables.query_all(
            self.table,
            index="by_due",
            partition=("due_shard", SHARD),
            between=("due_at", "0", format_instant(now)),
        )
        for item in found:
            yield item["pk"].partition("#")[2]

    def get(self, user_id: str) -> Job | None:
        """Return a person's job, None when it is done."""
        item = self.tables.get(self.table, keys.erasure(user_id))
        return Job(user_id, Secret(item["salt"]), parse_instant(item["begun_at"])) if item else None

    def put_off(self, job: Job, due: datetime) -> None:
        """Let a job be looked at later; raise ``ConditionFailed`` when it is done."""
        self.tables.write(Put(self.table, job.item(due), when=EXISTS))

    def close(self, job: Job) -> None:
        """Note that all is done, by forgetting it."""
        self.tables.write(Delete(self.table, keys.erasure(job.user_id)))
