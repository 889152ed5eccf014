"""The four tables as plain data: made from it in the emulator, compared with the deployed stack by a test."""

from dataclasses import dataclass
from typing import Literal

Projection = Literal["ALL", "KEYS_ONLY"]


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index; both key attributes are strings. Items that lack one are not in it."""

    name: str
    partition: str
    sort: str
    projection: Projection


@dataclass(frozen=True, slots=True)
class Table:
    """A table with string keys ``pk`` and ``sk``, billed by the request.

    ``expiring`` tables drop items whose attribute ``ttl`` (epoch seconds) has passed; ``streamed`` ones
    publish the new image of each change.
    """

    name: str
    expiring: bool = False
    streamed: bool = False
    indexes: tuple[Index, ...] = ()

    @property
    def setting(self) -> str:
        """Return the environment variable by which functions learn the table's real name."""
        return f"{self.name.upper()}_TABLE"


TABLES = (
    Table("identity", expiring=True),
    Table("catalog"),
    Table(
        "bookings",
        expiring=True,
        streamed=True,
        indexes=(
            Index("by_buyer", "buyer_id", "starts_at", "ALL"),
            Index("by_agent", "agent_id", "starts_at", "ALL"),
            Index("by_due", "due_shard", "due_at", "KEYS_ONLY"),
        ),
    ),
    Table("limits", expiring=True),
)
