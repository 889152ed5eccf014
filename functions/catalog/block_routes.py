"""The routes of blocks: blackouts that an agent puts into a celebrity's calendar."""

from greenroom.calendar.refusals import AmbiguousLocalTime, NonexistentLocalTime
from greenroom.catalog.block_shapes import BlockBody, BlockList, BlockView, block_tag, block_view
from greenroom.catalog.blocks import Block
from greenroom.catalog.model import Celebrity
from greenroom.catalog.refusals import HasBookings, LimitReached, OverlapsBlock
from greenroom.gateway.answers import Created, NoContent, Ok
from greenroom.gateway.routes import AGENT
from greenroom.identity.principal import Principal
from greenroom.storage.contention import CalendarBusy

from .roster_routes import ONE, own_celebrity
from .services import CatalogApp
from .table import routes

BLOCKS = f"{ONE}/blocks"
BLOCK = f"{BLOCKS}/{{block_id}}"


def own_block(app: CatalogApp, principal: Principal, celebrity_id: str, block_id: str) -> Block:
    """Load a block of a celebrity of the agent's own; for anyone else it does not exist."""
    return app.blocks.get(app.roster.own(celebrity_id, principal.user_id).id, block_id)


@routes.route("GET", BLOCKS, access=AGENT, target=own_celebrity)
def list_blocks(target: Celebrity, app: CatalogApp) -> Ok[BlockList]:
    """List the blocks that are not over, by start."""
    return Ok(body=BlockList(items=[block_view(block) for block in app.blocks.of(target.id)]))


@routes.route(
    "POST",
    BLOCKS,
    access=AGENT,
    target=own_celebrity,
    errors=(
        HasBookings,
        OverlapsBlock,
        LimitReached,
        NonexistentLocalTime,
        AmbiguousLocalTime,
        CalendarBusy,
    ),
)
def add_block(body: BlockBody, target: Celebrity, app: CatalogApp) -> Created[BlockView]:
    """Block a time.

    Nothing can then be booked, offered or moved into it. Where a live booking or a hold overlaps, the answer
    is `has_bookings`, where another block does, `overlaps_block`, and nothing is blocked. More than 31 days
    are blocked in pieces; if that is cut short, a shorter block is left, which can be seen and removed.
    A request that is repeated finds its own block in the way, and so has one effect without a key.
    """
    block = app.blocks.add(target.id, body.interval(target.time_zone), body.reason)
    return Created(
        body=block_view(block),
        etag=block_tag(block),
        location=BLOCK.format(celebrity_id=target.id, block_id=block.id),
    )


@routes.route("GET", BLOCK, access=AGENT, target=own_block, etag=True)
def show_block(target: Block) -> Ok[BlockView]:
    """Show a block, as far as it is claimed."""
    return Ok(body=block_view(target), etag=block_tag(target))


@routes.route("DELETE", BLOCK, access=AGENT, target=own_block, errors=(CalendarBusy,))
def remove_block(target: Block, app: CatalogApp) -> NoContent:
    """Give the whole time of a block free again."""
    app.blocks.remove(target.celebrity_id, target.id)
    return NoContent()
