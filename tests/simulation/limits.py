"""What AWS allows, as its documentation says, and the meters that hold a simulation to it.

Where each figure comes from is in docs/scale.md. Burst and adaptive capacity of DynamoDB are left out: AWS
promises neither, and neither lifts what one partition takes in a second.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

PARTITION_WRITES, PARTITION_READS = 1000, 3000
"""Units a second of one partition of a table or an index."""
TRANSACTED = 2
"""A transaction prepares each item and commits it, and pays for both."""
WRITE_BYTES, READ_BYTES = 1024, 4096
"""What one unit writes, or reads with strong consistency."""
NEW_TABLE_PARTITIONS = 4
"""A new table on demand takes 4,000 writes and 12,000 reads a second: so many partitions."""
POLLS_A_SECOND = 4
"""How often Lambda asks a shard for records."""
SANDBOXES_A_SECOND, SANDBOXES_AT_ONCE = 100, 1000
"""A function grows by 1,000 sandboxes in ten seconds, refilled continuously."""
ACCOUNT_REQUESTS, ACCOUNT_BURST = 10_000, 5_000
"""The gateway's requests a second for an account and region, unless raised, and its bucket."""
ACCOUNT_SANDBOXES = 1000
"""Concurrent executions of an account, unless raised."""
FLOOD_SECONDS = 60
"""The window over which the firewall counts an address; the real one is late and approximate."""


@dataclass(slots=True)
class Bucket:
    """A token bucket, full at first."""

    rate: float
    """Tokens a second."""
    size: float
    _left: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._left = self.size

    def take(self, now: float) -> bool:
        """Take a token, if there is one."""
        self._left = min(self.size, self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class Meter:
    """At most ``limit`` units in any span of ``seconds``, wherever it begins."""

    limit: float
    seconds: float = 1.0
    peak: float = 0.0
    """The most units that any span had."""
    count: int = 0
    """How often something was spent."""
    refused: int = 0
    first_refused: float | None = None
    _spent: deque[tuple[float, float]] = field(default_factory=deque)
    _sum: float = 0.0

    def has(self, units: float, now: float) -> bool:
        """Tell whether there is room, and count it as refused where there is none."""
        while self._spent and self._spent[0][0] <= now - self.seconds:
            self._sum -= self._spent.popleft()[1]
        if self._sum + units <= self.limit:
            return True
        self.refused += 1
        if self.first_refused is None:
            self.first_refused = now
        return False

    def spend(self, units: float, now: float) -> None:
        """Spend units for which there is room."""
        self.count += 1
        self._spent.append((now, units))
        self._sum += units
        self.peak = max(self.peak, self._sum)

    def take(self, units: float, now: float) -> bool:
        """Spend units if there is room."""
        if not self.has(units, now):
            return False
        self.spend(units, now)
        return True


Tally = Counter[str]
"""How often what happened, by name."""
