"""Celebrities and offerings as the rules see them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from greenroom.calendar.timing import OfferingTiming
from greenroom.cancellation import CancellationPolicy


class Mode(StrEnum):
    """How an offering is booked: at once at its price, or by a request that the agent answers."""

    INSTANT = "instant"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What can be bought. ``price`` is in minor units, ``deposit_share`` in basis points."""

    id: str
    title: str
    kind: str
    mode: Mode
    timing: OfferingTiming
    price: int
    currency: str
    deposit_share: int
    cancellation_policy: CancellationPolicy
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Celebrity:
    """A bookable person on an agent's roster."""

    id: str
    slug: str
    name: str
    category: str
    country: str
    """ISO 3166 alpha-2."""
    time_zone: str
    languages: tuple[str, ...]
    bio: str
    media: tuple[str, ...]
    agent_id: str
    offerings: tuple[Offering, ...]
    created_at: datetime
    version: int = 1

    def offering(self, offering_id: str) -> Offering | None:
        """Return an active offering by its id."""
        return next((o for o in self.offerings if o.id == offering_id and o.active), None)

    def with_fields(self, fields: Mapping[str, Any]) -> "Celebrity":
        """Return the celebrity with other values of some fields."""
        return replace(self, **fields)
