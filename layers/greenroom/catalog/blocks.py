"""Blocks: times at which a celebrity cannot be had, claimed in the day documents as bookings are.

A block is an item and its claims. Up to 31 days are written in one transaction. A longer block is claimed
piece by piece, each in one transaction with the item, whose end is always that of the last piece claimed:
wherever it stops, what is left is a block, shorter than was wanted and true. Pieces meet at midnights of UTC,
so that no day holds two of them, and are given back from the last to the first.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from greenroom.calendar.days import Claim, DayDocument, claim, in_the_way, release
from greenroom.calendar.horizon import BOOKABLE_MONTHS, LONGEST_BLOCK, LONGEST_CLAIM, furthest_start
from greenroom.calendar.intervals import Interval, format_instant, parse_instant
from greenroom.identifiers import is_id, new_id
from greenroom.refusals import InvalidInput, NotFound, Refusal
from greenroom.storage import days, keys
from greenroom.storage.contention import CalendarBusy, attempt
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import NEW, Delete, Put

from .refusals import HasBookings, LimitReached, OverlapsBlock

MOST_BLOCKS = 200
"""Of one celebrity, those that are over left out. Nearly: of two made at once both may be the last."""

_KEPT = timedelta(days=30)
"""How long the item of a block that is over stays. Its claims are then of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block as far as it is claimed."""

    id: str
    celebrity_id: str
    interval: Interval
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The blocks in the bookings table."""

    tables: Tables
    table: str
    clock: Callable[[], datetime]

    def of(self, celebrity_id: str) -> list[Block]:
        """Return a celebrity's blocks that are not over, by start."""
        stored = self.tables.query_all(self.table, partition=("pk", keys.block(celebrity_id, "").pk))
        blocks = [block for block in map(_block, stored) if block.interval.end > self.clock()]
        return sorted(blocks, key=lambda block: (block.interval, block.id))

    def get(self, celebrity_id: str, block_id: str) -> Block:
        """Return a block; raise ``NotFound``."""
        key = keys.block(celebrity_id, block_id)
        stored = self.tables.get(self.table, key) if is_id(block_id, "blk") else None
        if stored is None:
            raise NotFound
        return _block(stored)

    def add(self, celebrity_id: str, interval: Interval, reason: str) -> Block:
        """Claim a time that no live booking, hold or block overlaps, whole or not at all.

        Raises
        ------
        InvalidInput
            When it is over, too long, or too far ahead; names ``start`` or ``end``.
        HasBookings, OverlapsBlock
            When something is in the way, which also gives back what was already claimed.
        LimitReached, CalendarBusy
            When there are too many blocks, or too many callers at once.
        """
        now = self.clock()
        _check_time(interval, now)
        if len(self.of(celebrity_id)) >= MOST_BLOCKS:
            raise LimitReached(f"A celebrity has at most {MOST_BLOCKS} blocks to come")
        block = Block(new_id("blk", now), celebrity_id, interval, reason)
        pieces = _pieces(interval)
        if len(pieces) > 1:
            # What stands in the way of a later piece is mostly there already: then nothing is written.
            read = days.read_range(self.tables, self.table, celebrity_id, interval.utc_days())
            _check_free(read, Claim(block.id, interval, "block"), now)
        for piece in pieces:
            try:
                attempt(lambda piece=piece: self._claim(block, piece, now))  # type: ignore[misc]
            except Refusal:
                with suppress(Refusal):  # why it could not be made is what the caller must know
                    self.remove(celebrity_id, block.id)
                raise
        return block

    def _claim(self, block: Block, piece: Interval, now: datetime) -> None:
        """Claim a piece and move the block's end to the piece's, once all pieces before it are claimed."""
        key = keys.block(block.celebrity_id, block.id)
        wanted = piece.utc_days()
        found = self.tables.batch_get(
            {self.table: [key, *(keys.day(block.celebrity_id, day) for day in wanted)]}
        )
        stored = found.get((self.table, key))
        reached = _block(stored).interval.end if stored else block.interval.start
        if reached == piece.end:
            return  # by a try of our own, whose answer was lost
        if reached != piece.start:
            raise CalendarBusy(retry_after=1)  # somebody has removed it while it grew
        read = days.from_batch(found, self.table, block.celebrity_id, wanted)
        held = Claim(block.id, piece, "block")
        _check_free(read, held, now)
        grown = replace(block, interval=Interval(block.interval.start, piece.end))
        self.tables.write(
            Put(self.table, _item(grown), when={"end": format_instant(reached)} if stored else NEW),
            *(days.put(self.table, document) for document in claim(read, held, now)),
        )

    def remove(self, celebrity_id: str, block_id: str) -> None:
        """Give back all that a block has claimed, the last piece first; whoever else did so is no matter.

        Raises ``CalendarBusy`` with the block as far as it is still claimed.
        """
        while attempt(lambda: self._release_last(celebrity_id, block_id)):
            pass

    def _release_last(self, celebrity_id: str, block_id: str) -> bool:
        """Give back the last piece; tell whether any is left."""
        key = keys.block(celebrity_id, block_id)
        stored = self.tables.get(self.table, key)
        if stored is None:
            return False
        block = _block(stored)
        *before, last = _pieces(block.interval)
        wanted = last.utc_days()
        found = self.tables.batch_get({self.table: [keys.day(celebrity_id, day) for day in wanted]})
        read = days.from_batch(found, self.table, celebrity_id, wanted)
        unchanged = {"end": stored["end"]}
        shorter = replace(block, interval=Interval(block.interval.start, last.start)) if before else None
        self.tables.write(
            Put(self.table, _item(shorter), when=unchanged)
            if shorter
            else Delete(self.table, key, when=unchanged),
            *(days.put(self.table, document) for document in release(read, block_id)),
        )
        return shorter is not None


def _pieces(interval: Interval) -> list[Interval]:
    """Return the pieces of a block. Those of what is claimed of a block are its first ones."""
    if interval.end - interval.start <= LONGEST_CLAIM:
        return [interval]
    return interval.by_days(LONGEST_CLAIM.days)


def _check_time(interval: Interval, now: datetime) -> None:
    if interval.end <= now:
        raise InvalidInput("A block ends in the future", field="end")
    if interval.end - interval.start > LONGEST_BLOCK:
        raise InvalidInput(f"A block spans at most {LONGEST_BLOCK.days} days", field="end")
    if interval.start > furthest_start(now):
        raise InvalidInput(f"A block starts at most {BOOKABLE_MONTHS} months ahead", field="start")


def _check_free(read: list[DayDocument], wanted: Claim, now: datetime) -> None:
    others = in_the_way(read, wanted, now)
    for other in others:
        if other.kind != "block":
            raise HasBookings(f"{other.booking_id} takes time from {format_instant(other.interval.start)}")
    if others:
        raise OverlapsBlock(
            f"{others[0].booking_id} takes time from {format_instant(others[0].interval.start)}"
        )


def _item(block: Block) -> Item:
    interval = block.interval
    return {
        **keys.block(block.celebrity_id, block.id)._asdict(),
        "start": format_instant(interval.start),
        "end": format_instant(interval.end),
        "reason": block.reason,
        "ttl": int((interval.end + _KEPT).timestamp()),
    }


def _block(item: Item) -> Block:
    interval = Interval(parse_instant(item["start"]), parse_instant(item["end"]))
    return Block(item["sk"], item["pk"].partition("#")[2], interval, item["reason"])
