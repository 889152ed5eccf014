"""Blocks on the wire."""

from typing import Annotated

from pydantic import Field

from greenroom.calendar.intervals import Interval, format_instant
from greenroom.calendar.zones import resolve_start
from greenroom.refusals import InvalidInput
from greenroom.shapes import Body, View, Written

from .blocks import Block

_Time = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="RFC 3339 with an offset, or a wall time in the celebrity's zone.",
        examples=["2027-07-01T00:00:00"],
    ),
]


class BlockBody(Body):
    """A time at which the celebrity cannot be had."""

    start: _Time
    end: Annotated[_Time, Field(description="Excluded; at most 366 days after the start.")]
    reason: Annotated[str, Written(longest=200)] = ""

    def interval(self, time_zone: str) -> Interval:
        """Return what is meant, on the clocks of the zone; raise ``InvalidInput`` naming the field."""
        start = resolve_start(self.start, time_zone)
        end = resolve_start(self.end, time_zone, field="end")
        if start >= end:
            raise InvalidInput("A block ends after it starts", field="end")
        return Interval(start, end)


class BlockView(View):
    """A block, as far as it is claimed. Only who represents the celebrity sees the reason."""

    id: str
    start: Annotated[str, Field(description="UTC.")]
    end: str
    reason: str


class BlockList(View):
    """The blocks that are not over, by start. They are bounded, so it is one page."""

    items: list[BlockView]
    next_cursor: None = None


def block_view(block: Block) -> BlockView:
    """Return a block as its agent sees it."""
    return BlockView(
        id=block.id,
        start=format_instant(block.interval.start),
        end=format_instant(block.interval.end),
        reason=block.reason,
    )


def block_tag(block: Block) -> str:
    """Return the block's version: of a block that is being made or removed only the end moves."""
    return str(int(block.interval.end.timestamp()))
