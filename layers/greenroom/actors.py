"""Who acts: the three roles of people, and the parties that are no person."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role of an actor. A user has exactly one of the first three, given by the server."""

    BUYER = "buyer"
    AGENT = "agent"
    ADMIN = "admin"
    PROVIDER = "provider"
    """The payment provider, by its signed messages."""
    CLOCK = "clock"
    """A deadline that passed."""
    MONITOR = "monitor"
    """What watches the system, by the stage's monitoring token. It acts on nothing."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused an event: a role, and the user's id or the name of the system."""

    role: Role
    id: str


CLOCK = Actor(Role.CLOCK, "clock")
PROVIDER = Actor(Role.PROVIDER, "provider")
