"""DynamoDB in simulated time: partitions with their units, versions, and transactions that are in flight."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from zlib import crc32

from greenroom.bookings.records import DUE_SHARDS
from greenroom.calendar.days import DayDocument
from greenroom.storage import keys
from greenroom.storage.tables import ConditionFailed, Contended, Throttled
from tests.simulation.clock import Clock, Waits
from tests.simulation.limits import (
    NEW_TABLE_PARTITIONS,
    PARTITION_READS,
    PARTITION_WRITES,
    READ_BYTES,
    TRANSACTED,
    WRITE_BYTES,
    Meter,
    Tally,
)
from tests.simulation.settings import Assumed, Cost

_A_MOMENT = 1e-6
_NAMES, _ENTRY, _NUMBER = len("pkskversionclaims"), 8, 6


def stored_bytes(document: DayDocument) -> int:
    """Return what a day's item weighs: names, keys, and each claim with the overhead of its map and list."""
    claims = sum(
        _ENTRY + len(booking_id) + 2 * _NUMBER + len(claim.kind) + (_NUMBER if claim.expires_at else 1)
        for booking_id, claim in document.claims.items()
    )
    return _NAMES + sum(map(len, keys.day(document.celebrity_id, document.day))) + _NUMBER + claims


def units(size: int, unit: int) -> int:
    """Return the units of an item; what is not there costs one, too."""
    return max(1, ceil(size / unit))


@dataclass(slots=True)
class Partition:
    """One partition of a table or an index."""

    name: str
    writes: Meter = field(default_factory=lambda: Meter(PARTITION_WRITES))
    reads: Meter = field(default_factory=lambda: Meter(PARTITION_READS))


@dataclass(slots=True)
class Tables:
    """The bookings table with its indexes, and one celebrity's items of the catalogue.

    All days of a celebrity have one partition key. They share a partition, and it with a part of the other
    items, until DynamoDB splits it; here it never does.
    """

    clock: Clock
    chance: random.Random
    assumed: Assumed
    celebrity_id: str
    base: list[Partition] = field(
        default_factory=lambda: [
            Partition(f"partition {n}" if n else "the celebrity's days") for n in range(NEW_TABLE_PARTITIONS)
        ]
    )
    by_agent: Partition = field(default_factory=lambda: Partition("index by_agent"))
    by_due: list[Partition] = field(
        default_factory=lambda: [Partition(f"index by_due {n}") for n in range(DUE_SHARDS)]
    )
    catalogue: Partition = field(default_factory=lambda: Partition("catalogue"))
    days: dict[date, DayDocument] = field(default_factory=dict)
    happened: Tally = field(default_factory=Tally)
    _in_flight: dict[date, float] = field(default_factory=dict)
    """The days that a transaction is writing now, and when it will have."""

    @property
    def met(self) -> dict[str, float]:
        """Each limit of a partition that refused something, and when it did first."""
        meters = {
            f"{kind} of {each.name}": meter
            for each in (*self.base, self.by_agent, *self.by_due, self.catalogue)
            for kind, meter in (("reads", each.reads), ("writes", each.writes))
        }
        return {
            name: meter.first_refused for name, meter in meters.items() if meter.first_refused is not None
        }

    @property
    def hot(self) -> Partition:
        """The partition of the celebrity's days."""
        return self.base[0]

    def shard_of(self, booking_id: str) -> int:
        """Return the partition, and so the stream's shard, of a booking's own items."""
        return crc32(keys.booking(booking_id).pk.encode()) % len(self.base)

    def took(self, median: float) -> float:
        """Return how long a call takes."""
        return median * self.chance.lognormvariate(0, self.assumed.spread)

    def day(self, day: date) -> DayDocument:
        """Return a day's document as it is now."""
        return self.days.get(day) or DayDocument(self.celebrity_id, day)

    def read(self, wanted: Sequence[date], *, catalogue: int, whole: bool) -> Waits[list[DayDocument]]:
        """Read days, and so many small items of the catalogue. ``whole``: in one query, not item by item.

        Raises ``Throttled``.
        """
        way = self.took(self.assumed.read) / 2
        yield way
        found = [self.day(day) for day in wanted]
        sizes = [stored_bytes(document) for document in found if document.version]
        here = (
            units(sum(sizes), READ_BYTES)
            if whole
            else sum(units(size, READ_BYTES) for size in sizes) + len(found) - len(sizes)
        )
        for partition, needed in ((self.hot, here), (self.catalogue, catalogue)):
            if not partition.reads.take(needed, self.clock.now):
                raise Throttled(one_key=True)
        self.happened["read"] += 1
        # What was read is old by the time it is there.
        yield way
        return found

    def transact(self, booking_id: str, cost: Cost, changed: Sequence[DayDocument]) -> Waits[None]:
        """Write changed days with the items of a booking, or nothing.

        Raises ``ConditionFailed`` and ``Contended``, which cost what a success does, and ``Throttled``.
        """
        while self.assumed.serialised and (busy := self._busy(changed)):
            yield max(busy - self.clock.now, _A_MOMENT)
        self._pay(self._bill(booking_id, cost, changed))
        self.happened["transaction"] += 1
        took = self.took(self.assumed.transaction)
        lost = self._lost(changed)
        if lost is None:
            self._in_flight |= dict.fromkeys((each.day for each in changed), self.clock.now + took)
        yield took
        if lost is not None:
            self.happened["conflict" if isinstance(lost, Contended) else "outdated"] += 1
            raise lost
        for document in changed:
            del self._in_flight[document.day]
            self.days[document.day] = document
        self.happened["commit"] += 1

    def _busy(self, changed: Sequence[DayDocument]) -> float:
        return max((self._in_flight.get(each.day, 0.0) for each in changed), default=0.0)

    def _lost(self, changed: Sequence[DayDocument]) -> Exception | None:
        if self._busy(changed):
            return Contended()
        if any(self.day(each.day).version != each.version - 1 for each in changed):
            return ConditionFailed([0])
        return None

    def _bill(
        self, booking_id: str, cost: Cost, changed: Sequence[DayDocument]
    ) -> Mapping[str, tuple[Partition, float]]:
        due = self.by_due[crc32(booking_id.encode()) % len(self.by_due)]
        days = sum(TRANSACTED * units(stored_bytes(document), WRITE_BYTES) for document in changed)
        bill: dict[str, tuple[Partition, float]] = {}
        for partition, needed in (
            (self.hot, days),
            (self.base[self.shard_of(booking_id)], cost.spread),
            (self.by_agent, cost.by_agent),
            (due, cost.by_due),
        ):
            _, before = bill.get(partition.name, (partition, 0.0))
            bill[partition.name] = partition, before + needed
        return bill

    def _pay(self, bill: Mapping[str, tuple[Partition, float]]) -> None:
        for partition, needed in bill.values():
            if not partition.writes.has(needed, self.clock.now):
                raise Throttled(one_key=True)
        for partition, needed in bill.values():
            partition.writes.spend(needed, self.clock.now)
