"""The rule of a sliding limit, as a pure function of the hits that are known.

Hits are milliseconds of the epoch, the newest first. The table's condition (``hits.py``) is the same rule
in DynamoDB's words; here it tells a caller where it stands, and from when on the next hit is allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from greenroom.refusals import TooManyRequests

from .policies import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a quota."""

    policy: Policy
    remaining: int
    reset: int
    """Seconds, rounded up, until more of it comes back."""


class OverQuota(TooManyRequests):
    """The quota is used up, or its spacing not kept; ``standing`` says what is left of it."""

    def __init__(self, left: Standing) -> None:
        super().__init__(retry_after=left.reset)
        self.standing = left


def opens_at(policy: Policy, hits: Sequence[int]) -> int:
    """Return from when on the next hit is allowed, in milliseconds; 0 when there never was a hurdle.

    Each hurdle falls by itself: the limit when its oldest hit leaves the window, a spacing also when the
    gap since the newest hit is over.
    """
    hurdles = [0]
    if len(hits) >= policy.limit:
        hurdles.append(hits[policy.limit - 1] + policy.window)
    hurdles += [
        min(hits[spacing.after - 1] + policy.window, hits[0] + spacing.gap)
        for spacing in policy.spacing
        if len(hits) >= spacing.after
    ]
    return max(hurdles)


def counted(policy: Policy, hits: Sequence[int], now: int) -> list[int]:
    """Return the hits inside the window that ends ``now``."""
    return [hit for hit in hits if hit > now - policy.window]


def standing(policy: Policy, hits: Sequence[int], now: int) -> Standing:
    """Return where a caller with these hits stands."""
    inside = counted(policy, hits, now)
    oldest = min(inside, default=now)
    return Standing(policy, max(0, policy.limit - len(inside)), seconds_until(oldest + policy.window, now))


def seconds_until(moment: int, now: int) -> int:
    """Return the whole seconds, at least 1, after which ``moment`` (milliseconds) is certainly past."""
    return max(1, -((now - moment) // 1000))
