"""The stream and the outbox: each shard's records in so many lanes, those of one booking in one of them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

from tests.simulation.clock import Clock, Waits
from tests.simulation.limits import POLLS_A_SECOND, Meter
from tests.simulation.settings import MAIL_TRIPS, Assumed, Deployed

_AGAIN = 1.0
"""Seconds after which Lambda tries a call again for which there was no sandbox."""


@dataclass(frozen=True, slots=True)
class Record:
    """An event of a booking in the stream."""

    booking_id: str
    version: int
    mails: int
    at: float


@dataclass(slots=True)
class Lane:
    """What one shard's records of the same few keys wait in."""

    waiting: deque[Record] = field(default_factory=deque)
    busy: bool = False


@dataclass(slots=True)
class Stream:
    """Delivers events by the outbox."""

    clock: Clock
    deployed: Deployed
    assumed: Assumed
    took: Callable[[float], float]
    lanes: dict[tuple[int, int], Lane] = field(default_factory=dict)
    delivered: list[Record] = field(default_factory=list)
    """In the order in which their mails went out."""
    most_lag: float = 0.0
    last: float = 0.0
    """When the last mail went out."""
    running: int = 0
    peak: int = 0
    provider: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.provider = Meter(self.assumed.mails_a_second)

    def put(self, shard: int, record: Record) -> None:
        """Take a record that has just been committed."""
        place = shard, crc32(record.booking_id.encode()) % self.deployed.feed.parallel
        lane = self.lanes.setdefault(place, Lane())
        lane.waiting.append(record)
        if not lane.busy:
            lane.busy = True
            self.clock.start(self._empty(lane), self.assumed.propagation + 1 / POLLS_A_SECOND)

    def _empty(self, lane: Lane) -> Waits[None]:
        while lane.waiting:
            while self.running >= self.deployed.outbox:
                yield _AGAIN
            self.running += 1
            self.peak = max(self.peak, self.running)
            batch = [lane.waiting.popleft() for _ in range(min(self.deployed.feed.batch, len(lane.waiting)))]
            for record in batch:
                yield from self._deliver(record)
            self.running -= 1
        lane.busy = False

    def _deliver(self, record: Record) -> Waits[None]:
        yield self.took(self.assumed.read)  # the booking as it is now
        for _ in range(record.mails):
            yield MAIL_TRIPS * self.took(self.assumed.read)
            while not self.provider.take(1, self.clock.now):
                yield 1 / self.assumed.mails_a_second
            yield self.took(self.assumed.mail)
            self.most_lag = max(self.most_lag, self.clock.now - record.at)
            self.last = self.clock.now
        self.delivered.append(record)
