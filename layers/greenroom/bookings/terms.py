"""Terms: what both sides agree to, as a whole and by version; once written they never change."""

from dataclasses import dataclass
from datetime import datetime

from greenroom.cancellation import CancellationPolicy, cancellation_policy
from greenroom.money import exponent
from greenroom.refusals import InvalidInput

LARGEST_AMOUNT = 10**12


class InvalidTerms(InvalidInput):
    """Terms whose parts contradict one another."""


@dataclass(frozen=True, slots=True)
class Exclusivity:
    """No other engagement of the celebrity within this distance and time."""

    radius_km: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of the terms. Amounts are minor units of ``currency``; commission is a part of the fee."""

    version: int
    fee: int
    travel: int
    deposit: int
    commission: int
    currency: str
    start: datetime
    end: datetime
    rider: str = ""
    exclusivity: Exclusivity | None = None
    usage_rights: str = ""
    cancellation_policy: CancellationPolicy = ()
    expires_at: datetime | None = None
    """Until when an offer may be accepted."""

    def __post_init__(self) -> None:
        exponent(self.currency)
        object.__setattr__(self, "cancellation_policy", cancellation_policy(self.cancellation_policy))
        for name in ("fee", "travel", "deposit", "commission"):
            if not 0 <= getattr(self, name) <= LARGEST_AMOUNT:
                raise InvalidTerms(f"must be between 0 and {LARGEST_AMOUNT}", field=name)
        if self.total > LARGEST_AMOUNT:
            # What is due of it is shown as one amount, which has the same bound.
            raise InvalidTerms(f"fee and travel must be at most {LARGEST_AMOUNT}", field="travel")
        if self.deposit > self.total:
            raise InvalidTerms("the deposit is more than the total", field="deposit")
        if self.commission > self.fee:
            raise InvalidTerms("the commission is more than the fee", field="commission")
        if self.start >= self.end:
            raise InvalidTerms("the engagement must end after it starts", field="start")

    @property
    def total(self) -> int:
        """What the buyer pays in all."""
        return self.fee + self.travel

    @property
    def balance(self) -> int:
        """What remains to be paid after the deposit."""
        return self.total - self.deposit
