"""Cancellation policies: what a buyer gets back, by how long before the start he cancels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .money import WHOLE, share
from .refusals import InvalidInput


class InvalidPolicy(InvalidInput):
    """Tiers that contradict one another."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Cancelling at least ``days_before`` days before the start returns ``refund_share`` basis points."""

    days_before: int
    refund_share: int


CancellationPolicy = tuple[Tier, ...]


def cancellation_policy(tiers: Iterable[Tier]) -> CancellationPolicy:
    """Return the tiers, the earliest first; refuse those by which waiting would bring a larger refund."""
    ordered = tuple(sorted(tiers, key=lambda tier: -tier.days_before))
    field = "cancellation_policy"
    if len({tier.days_before for tier in ordered}) != len(ordered):
        raise InvalidPolicy("each tier must have its own number of days", field=field)
    for tier in ordered:
        if not (0 <= tier.refund_share <= WHOLE and 0 <= tier.days_before <= 3650):
            raise InvalidPolicy("a tier is out of range", field=field)
    for earlier, later in pairwise(ordered):
        if later.refund_share > earlier.refund_share:
            raise InvalidPolicy("a refund must not grow as the start comes nearer", field=field)
    return ordered


def tier_at(policy: CancellationPolicy, start: datetime, now: datetime) -> Tier | None:
    """Return the tier that holds at ``now``: the one with the most days that are still left, or None."""
    left = start - now
    return next((tier for tier in policy if left >= timedelta(days=tier.days_before)), None)


def refund_by_policy(
    policy: CancellationPolicy, start: datetime, now: datetime, captured: int, unit: int = 1
) -> int:
    """Return what of ``captured`` a cancellation at ``now`` returns, in whole units.

    It never grows as ``now`` advances.
    """
    tier = tier_at(policy, start, now)
    return share(captured, tier.refund_share, unit) if tier else 0
