"""Quotas: counting on behalf of callers, and remembering in this process whom the table has denied.

A remembered denial is as exact as the table's: nothing that happens meanwhile can make it lapse earlier.
"""

from dataclasses import dataclass, field
from datetime import datetime

from greenroom.storage.items import Item
from greenroom.storage.keys import Key
from greenroom.storage.tables import Tables, Throttled
from greenroom.telemetry import metrics
from greenroom.telemetry.logs import log_security

from .denials import Denial, Denials
from .hits import Denied, Guard, HitLists
from .policies import Policy
from .settings import LimitSettings
from .standing import OverQuota, Standing, opens_at, seconds_until, standing

# How long a key whose own traffic makes the table refuse is left in peace, in milliseconds.
_HOT_KEY_PAUSE = 1000


@dataclass(frozen=True, slots=True)
class Pass:
    """A hit that was counted."""

    item: Item
    """The item as it is now."""
    standing: Standing
    at: int
    """The hit, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Counts hits against policies."""

    lists: HitLists
    denials: Denials = field(default_factory=Denials)
    reported: Denials = field(default_factory=Denials)

    def count(
        self, policy: Policy, key: Key, now: datetime, *, guard: Guard | None = None, who: str | None = None
    ) -> Pass:
        """Count a hit of ``key``; ``who`` is the user's id for the log, where it is known.

        Raises ``OverQuota``, ``GuardFailed`` or ``Unavailable``.
        """
        moment = int(now.timestamp() * 1000)
        known = self.denials.current(key.pk, moment)
        if known is not None:
            raise _refusal(policy, known, moment)
        try:
            counted = self.lists.count(key, policy, moment, guard)
        except Denied as denied:
            left = standing(policy, denied.hits, moment).remaining
            raise self._denied(
                policy, key, Denial(opens_at(policy, denied.hits), left), moment, who
            ) from None
        except Throttled as throttled:
            if not throttled.one_key:
                raise
            raise self._denied(policy, key, Denial(moment + _HOT_KEY_PAUSE), moment, who) from throttled
        return Pass(counted.item, standing(policy, counted.hits, moment), moment)

    def take_back(self, key: Key, counted: Pass) -> None:
        """Take a hit back that turned out not to count, if no other came after it."""
        self.lists.take_back(key, counted.at)

    def clear(self, key: Key) -> None:
        """Forget all hits of a key that no guard belongs to."""
        self.lists.clear(key)
        self.denials.forget(key.pk)

    def _denied(self, policy: Policy, key: Key, denial: Denial, now: int, who: str | None) -> OverQuota:
        self.denials.remember(key.pk, denial)
        if self.reported.current(key.pk, now) is None:
            # A line a window: the flood itself is not to fill the log.
            self.reported.remember(key.pk, Denial(now + policy.window))
            log_security("excess_rate_limit_exceeded", "WARN", limit=policy.name, user_id=who)
        return _refusal(policy, denial, now)


def _refusal(policy: Policy, denial: Denial, now: int) -> OverQuota:
    metrics.record_limit_denial(policy.name)
    return OverQuota(Standing(policy, denial.remaining, seconds_until(denial.until, now)))


def quotas(settings: LimitSettings, tables: Tables) -> Quotas | None:
    """Compose them from a function's settings; None where limits are off."""
    if settings.rate_limits == "off":
        return None
    return Quotas(HitLists(tables, settings.limits_table))
