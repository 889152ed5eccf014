"""The catalogue's routes. Those of this module are public; an agent's are in the others."""

from hashlib import sha256

from greenroom.calendar.availability import days_to_read, free_slots
from greenroom.calendar.days import live_claims
from greenroom.calendar.intervals import format_instant
from greenroom.calendar.zones import find_zone, format_local
from greenroom.catalog.shapes import (
    Availability,
    AvailabilityQuery,
    CatalogQuery,
    CelebrityList,
    CelebrityView,
    Slot,
    celebrity_view,
)
from greenroom.gateway.answers import Ok
from greenroom.gateway.problems import InvalidCursor
from greenroom.gateway.routes import PUBLIC
from greenroom.refusals import NotFound
from greenroom.storage import days

from . import block_routes, roster_routes, schedule_routes, upload_routes
from .services import CatalogApp
from .table import routes

# Loading the other modules has declared their routes in the same table.
__all__ = ["CatalogApp", "block_routes", "roster_routes", "routes", "schedule_routes", "upload_routes"]


@routes.route("GET", "/v1/celebrities", access=PUBLIC, errors=(InvalidCursor,))
def list_celebrities(query: CatalogQuery, app: CatalogApp) -> Ok[CelebrityList]:
    """List celebrities.

    Filters combine. The cursor of a page is good for the same filters and order only. Prices are compared in
    one currency: `min_price`, `max_price` and an order by price need `currency`, which by itself finds who
    has a price in it. `free_on` finds who has a free start on that date, in `tz` or on the celebrity's own
    clocks; each page looks at as many celebrities as one read can hold, so that a page may be short, or
    empty, and still have a `next_cursor`.
    """
    scope = f"celebrities {query.model_dump_json(exclude={'cursor', 'limit'})}"
    filters, tz = query.filters(), find_zone(query.tz, field="tz") if query.tz is not None else None
    after = app.cursors.open(scope, query.cursor)
    if query.free_on is None:
        celebrities, last = app.store.page(filters, query.sort, after=after, limit=query.limit)
    else:
        celebrities, last = app.free.page(
            filters, query.sort, query.free_on, tz, after=after, limit=query.limit
        )
    return Ok(
        body=CelebrityList(
            items=[celebrity_view(celebrity) for celebrity in celebrities],
            next_cursor=app.cursors.issue(scope, last),
        )
    )


@routes.route("GET", "/v1/celebrities/{celebrity_id}", access=PUBLIC, etag=True)
def show_celebrity(celebrity_id: str, app: CatalogApp) -> Ok[CelebrityView]:
    """Show a celebrity, by id or slug, with what can be bought."""
    celebrity = app.store.celebrity(celebrity_id)
    return Ok(body=celebrity_view(celebrity), etag=str(celebrity.version))


@routes.route("GET", "/v1/celebrities/{celebrity_id}/availability", access=PUBLIC, etag=True)
def show_availability(celebrity_id: str, query: AvailabilityQuery, app: CatalogApp) -> Ok[Availability]:
    """Show the free slots of an offering.

    Starts lie `slot_minutes` apart from the opening of each window of the schedule; notice and buffers
    are kept. At most 62 days, up to 18 months ahead.
    """
    celebrity, schedule = app.store.open_celebrity(celebrity_id)
    offering = celebrity.offering(query.offering_id)
    if offering is None:
        raise NotFound("There is no such offering", field="offering_id")
    home, now = find_zone(celebrity.time_zone), app.clock()
    zone = find_zone(query.tz, field="tz") if query.tz is not None else home
    wanted = days_to_read(offering.timing, from_date=query.from_, to_date=query.to, query_zone=zone, now=now)
    documents = days.read_range(app.tables, app.bookings_table, celebrity.id, wanted)
    starts = free_slots(
        schedule,
        home,
        offering.timing,
        live_claims(documents, now),
        from_date=query.from_,
        to_date=query.to,
        query_zone=zone,
        now=now,
    )
    body = Availability(
        items=[
            Slot(
                start=format_instant(start),
                end=format_instant(start + offering.timing.duration),
                local=format_local(start, zone),
            )
            for start in starts
        ]
    )
    return Ok(body=body, etag=sha256(body.model_dump_json().encode()).hexdigest()[:32])
