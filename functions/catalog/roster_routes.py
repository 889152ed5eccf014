"""The routes of an agent's roster: celebrities and their offerings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from greenroom.calendar.refusals import TooLong
from greenroom.catalog import rules
from greenroom.catalog.changes import Stale
from greenroom.catalog.model import Celebrity
from greenroom.catalog.refusals import LimitReached
from greenroom.catalog.roster import Kept
from greenroom.catalog.roster_shapes import (
    CelebrityBody,
    CelebrityChange,
    OfferingBody,
    OfferingChange,
    RosterView,
)
from greenroom.catalog.shapes import CelebrityView, OfferingView, celebrity_view, offering_view
from greenroom.gateway.answers import Answer, Created, NoContent, Ok
from greenroom.gateway.responses import answer_content, answer_headers
from greenroom.gateway.routes import AGENT
from greenroom.identifiers import new_id, new_owned_id
from greenroom.identity.principal import Principal
from greenroom.refusals import PreconditionFailed
from greenroom.storage.contention import CalendarBusy
from greenroom.storage.idempotency import Idempotency

from .services import CatalogApp
from .table import routes

ONE = "/v1/celebrities/{celebrity_id}"
OFFERING = f"{ONE}/offerings/{{offering_id}}"


def own_celebrity(app: CatalogApp, principal: Principal, celebrity_id: str) -> Celebrity:
    """Load a celebrity of the agent's own; for anyone else it does not exist."""
    return app.roster.own(celebrity_id, principal.user_id)


def own_offering(app: CatalogApp, principal: Principal, celebrity_id: str, offering_id: str) -> Celebrity:
    """Load a celebrity of the agent's own that has the offering, active or not."""
    celebrity = app.roster.own(celebrity_id, principal.user_id)
    rules.own_offering(celebrity, offering_id)
    return celebrity


@contextmanager
def as_seen() -> Iterator[None]:
    """Refuse what somebody else's change has overtaken since the precondition was checked."""
    try:
        yield
    except Stale:
        raise PreconditionFailed(field="If-Match") from None


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


@routes.route("GET", "/v1/roster", access=AGENT)
def list_roster(principal: Principal, app: CatalogApp) -> Ok[RosterView]:
    """List the celebrities whom one represents, with all their offerings."""
    celebrities = app.roster.of(principal.user_id)
    return Ok(body=RosterView(items=[celebrity_view(each, whole=True) for each in celebrities]))


def _created(celebrity: Celebrity) -> Created[CelebrityView]:
    return Created(
        body=celebrity_view(celebrity, whole=True),
        etag=str(celebrity.version),
        location=f"/v1/celebrities/{celebrity.id}",
    )


def _kept(answer: Answer[Any]) -> tuple[dict[str, str], bytes]:
    return answer_headers(answer), answer_content(answer)


@routes.route(
    "POST",
    "/v1/celebrities",
    access=AGENT,
    idempotent="optional",
    errors=(LimitReached, CalendarBusy),
)
def add_celebrity(
    body: CelebrityBody, principal: Principal, idempotency: Idempotency | None, app: CatalogApp
) -> Created[CelebrityView]:
    """Put somebody on one's roster.

    Id and slug are given here, the slug made from the name. There are no offerings and no opening hours yet,
    so nothing can be booked. With an `Idempotency-Key` a repeated request adds nobody twice.
    """
    now = app.clock()
    draft = Celebrity(
        **_tuples(body.model_dump()),
        id=new_id("cel", now),
        slug="",
        agent_id=principal.user_id,
        offerings=(),
        created_at=now.replace(microsecond=0),
    )
    kept: Kept = lambda celebrity: _kept(_created(celebrity))  # noqa: E731 - typed as what it is
    return _created(app.roster.add(rules.checked(draft, app.cdn_url), idempotency, kept))


@routes.route(
    "PATCH",
    ONE,
    access=AGENT,
    target=own_celebrity,
    if_match="required",
    errors=(LimitReached, CalendarBusy),
)
def change_celebrity(body: CelebrityChange, target: Celebrity, app: CatalogApp) -> Ok[CelebrityView]:
    """Change a celebrity.

    Bookings keep what they were made with. In another time zone the opening hours stay what they are on the
    clock, and so move.
    """
    fields = _tuples(body.model_dump(exclude_none=True))
    with as_seen():
        changed = app.roster.change(
            target, lambda celebrity: rules.checked(celebrity.with_fields(fields), app.cdn_url)
        )
    return Ok(body=celebrity_view(changed, whole=True), etag=str(changed.version))


@routes.route(
    "POST",
    f"{ONE}/offerings",
    access=AGENT,
    target=own_celebrity,
    idempotent="optional",
    errors=(LimitReached, TooLong, CalendarBusy),
)
def add_offering(
    body: OfferingBody, target: Celebrity, idempotency: Idempotency | None, app: CatalogApp
) -> Created[OfferingView]:
    """Offer something.

    The ETag is the celebrity's, as offerings change with it. With an `Idempotency-Key` a repeated request
    offers nothing twice.
    """
    offering = rules.offering_of(new_owned_id("off", target.id, app.clock()), body.model_dump())

    def created(celebrity: Celebrity) -> Created[OfferingView]:
        return Created(
            body=offering_view(offering),
            etag=str(celebrity.version),
            location=OFFERING.format(celebrity_id=celebrity.id, offering_id=offering.id),
        )

    changed = app.roster.extend(
        target.id,
        lambda celebrity: rules.checked(rules.with_offering(celebrity, offering), app.cdn_url),
        idempotency,
        lambda celebrity: _kept(created(celebrity)),
    )
    return created(changed)


@routes.route(
    "PATCH",
    OFFERING,
    access=AGENT,
    target=own_offering,
    if_match="required",
    errors=(LimitReached, TooLong, CalendarBusy),
)
def change_offering(
    body: OfferingChange, target: Celebrity, offering_id: str, app: CatalogApp
) -> Ok[OfferingView]:
    """Change an offering, on the celebrity's version. Bookings keep what they were made with."""
    fields = body.model_dump(exclude_none=True)
    with as_seen():
        changed = app.roster.change(
            target,
            lambda celebrity: rules.checked(
                rules.with_changed_offering(celebrity, offering_id, fields), app.cdn_url
            ),
        )
    return Ok(body=offering_view(rules.own_offering(changed, offering_id)), etag=str(changed.version))


@routes.route(
    "DELETE", OFFERING, access=AGENT, target=own_offering, if_match="required", errors=(CalendarBusy,)
)
def remove_offering(target: Celebrity, offering_id: str, app: CatalogApp) -> NoContent:
    """Take an offering away, on the celebrity's version.

    Bookings stand and keep what they were made with. One that shall come back is made inactive instead.
    """
    with as_seen():
        changed = app.roster.change(target, lambda celebrity: rules.without_offering(celebrity, offering_id))
    return NoContent(etag=str(changed.version))
