"""What a simulation is of: our stage as it would be deployed, what a step costs, and what is assumed.

Nothing of ours is repeated here: sizes and rates are those of the stacks, units those of the budgets.
"""

from dataclasses import dataclass, replace
from typing import Self

from stacks.sizes import FEED, Feed, Provisioned
from stacks.stages import all_stages
from tests.budgets.test_units import BUDGETS, MAILS
from tests.simulation.limits import ACCOUNT_BURST, ACCOUNT_REQUESTS, ACCOUNT_SANDBOXES, TRANSACTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The settings of a stage that an on-sale meets."""

    requests: int
    """Requests a second at the gateway, and in its bucket."""
    burst: int
    bookings: int
    """Most sandboxes at once."""
    catalog: int
    outbox: int
    warm: int
    """Sandboxes that wait at each."""
    flood: int
    """Requests a minute of one address at the firewall."""
    feed: Feed = FEED

    @classmethod
    def of(cls, name: str = "prod") -> Self:
        """Read a stage's settings."""
        (stage,) = (stage for stage in all_stages({}) if stage.name == name)
        warm = stage.warm_start.least if isinstance(stage.warm_start, Provisioned) else 0
        return cls(
            requests=stage.requests_per_second,
            burst=stage.burst,
            bookings=stage.reserved["bookings"],
            catalog=stage.reserved["catalog"],
            outbox=stage.reserved["outbox"],
            warm=warm,
            flood=stage.flood_per_minute,
        )

    def with_gateway_raised(self) -> Self:
        """Return it with all that an account may ask of the gateway by default."""
        return replace(self, requests=ACCOUNT_REQUESTS, burst=ACCOUNT_BURST)

    def with_functions_raised(self) -> Self:
        """Return it with an account's sandboxes, all warm, half for those who look and half for buyers."""
        half = ACCOUNT_SANDBOXES // 2
        return replace(self, bookings=half, catalog=half, warm=half)

    def warmed(self) -> Self:
        """Return it with as many waiting at ``bookings`` as its cap allows: a canary doubles them."""
        return replace(self, warm=self.bookings // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The write units of one transaction. Those of a day and of indexes are told apart; they are hot."""

    total: float
    """As counted, with one day of up to a kilobyte."""
    by_agent: float
    """Of the index whose key is the agent's, which all bookings of a roster share."""
    by_buyer: float
    by_due: float = 0
    days: int = 0

    @property
    def spread(self) -> float:
        """What goes to items of the booking's own, wherever their keys lie."""
        return self.total - self.by_agent - self.by_buyer - self.by_due - TRANSACTED * self.days


BOOK = Cost(total=BUDGETS["book"][2], by_agent=1, by_buyer=1, by_due=1, days=1)
PAY = Cost(total=BUDGETS["start payment"][2], by_agent=2, by_buyer=2)
CAPTURE = Cost(total=BUDGETS["payment captured"][2], by_agent=2, by_buyer=2, by_due=1, days=1)

MAIL_TRIPS = BUDGETS[MAILS][0] / 3 + 1
"""Round trips to tables that a mail takes: its mark's, and the recipient's account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What only an account can tell. Seconds; a spread time has its median here, and a long tail."""

    read: float = 0.005
    """A batch of reads, or a query."""
    update: float = 0.005
    """The limiter's write."""
    transaction: float = 0.020
    """From the moment when its items are in flight to its commit."""
    spread: float = 0.4
    """Of those three: the standard deviation of their logarithm."""
    cold: float = 1.2
    """The start of a sandbox: what the bench takes for it by the clock."""
    booking_work: float = 0.010
    """Of a processor, before the first read; with ``deciding`` what docs/decisions/0016 has for a booking."""
    deciding: float = 0.006
    """Between what was read and the transaction, at each try."""
    reading_work: float = 0.021
    mail: float = 0.06
    """The mail provider's answer."""
    mails_a_second: int = 14
    """What the mail provider takes; each account has its own rate."""
    propagation: float = 0.2
    """From a commit to its record in the stream."""
    choosing: float = 2.0
    """Mean time of a buyer between seeing the slots and booking one."""
    paying: float = 30.0
    """Mean time until the winner's payment is captured."""
    jitter: float = 1.0
    """A client waits what Retry-After says and up to so much more."""
    patience: int = 12
    """How often a buyer looks, and tries for one slot, before giving up."""
    serialised: bool = False
    """Whether transactions on one item queue, as the emulator's do, and do not conflict."""
