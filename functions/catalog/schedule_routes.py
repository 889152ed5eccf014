"""The routes of opening hours, for the agent who sets them. What is free is shown to everybody elsewhere."""

from greenroom.catalog.roster import Hours
from greenroom.catalog.schedule_shapes import ScheduleBody, ScheduleView, schedule_view
from greenroom.gateway.answers import Ok
from greenroom.gateway.routes import AGENT
from greenroom.identity.principal import Principal
from greenroom.storage.contention import CalendarBusy

from .roster_routes import ONE, as_seen
from .services import CatalogApp
from .table import routes

SCHEDULE = f"{ONE}/schedule"


def own_hours(app: CatalogApp, principal: Principal, celebrity_id: str) -> Hours:
    """Load the opening hours of a celebrity of the agent's own; for anyone else they do not exist."""
    return app.roster.hours(celebrity_id, principal.user_id)


@routes.route("GET", SCHEDULE, access=AGENT, target=own_hours, etag=True)
def show_schedule(target: Hours) -> Ok[ScheduleView]:
    """Show the opening hours. Their ETag is their own: it is not the celebrity's."""
    return Ok(body=schedule_view(target.schedule), etag=str(target.version))


@routes.route("PUT", SCHEDULE, access=AGENT, target=own_hours, if_match="required", errors=(CalendarBusy,))
def replace_schedule(body: ScheduleBody, target: Hours, app: CatalogApp) -> Ok[ScheduleView]:
    """Replace the opening hours.

    They decide what can be booked from now on. Bookings that stand, and offers and holds that are open, are
    not touched by narrower hours. The hours of somebody new are empty and at version 1.
    """
    with as_seen():
        replaced = app.roster.open(target, body.schedule())
    return Ok(body=schedule_view(replaced.schedule), etag=str(replaced.version))
