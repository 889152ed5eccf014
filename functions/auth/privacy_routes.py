"""The routes by which people take along what the system holds of them, and leave."""

from typing import Annotated

from pydantic import Field

from greenroom.gateway.answers import NoContent, Ok
from greenroom.gateway.problems import InvalidCursor
from greenroom.gateway.routes import AGENT, BUYER, SIGNED_IN
from greenroom.identity.clock import instant
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import FreshLoginRequired
from greenroom.privacy.portability import ExportedBooking, page_of
from greenroom.privacy.refusals import EngagementsOpen, RosterNotEmpty
from greenroom.shapes import Cursor, Query, View

from .passkey_shapes import PasskeyView
from .services import Services
from .shapes import MeView, SessionView, me_view, session_view
from .table import routes


class ExportQuery(Query):
    """Which part."""

    cursor: Cursor | None = None


class SecurityView(View):
    """What opens the account beside its password; no secret, nor what could be made into one."""

    authenticator_app: bool
    passkeys: list[PasskeyView]


class ExportView(View):
    """All that the system holds of a person. Bookings go on by `next_cursor`; the rest is in every part."""

    exported_at: Annotated[str, Field(description="RFC 3339 in UTC.")]
    account: MeView
    security: SecurityView
    sessions: list[SessionView]
    bookings: list[ExportedBooking]
    next_cursor: str | None


@routes.route("POST", "/v1/me/export", access=SIGNED_IN, errors=(FreshLoginRequired, InvalidCursor))
def export_me(query: ExportQuery, principal: Principal, app: Services) -> Ok[ExportView]:
    """Take along all that the system holds of oneself, within 5 minutes of a login.

    The account, its sessions, what opens it, and every booking that one is a side of, with its log. Where
    there is much it comes in parts: ask again with `next_cursor` until that is null. A long log goes on in
    the next part, under the same booking.
    """
    user, now = app.account.freshly(principal, app.clock()), app.clock()
    scope = f"export {principal.user_id}"
    page = page_of(app.departure.store, user.id, app.cursors.open(scope, query.cursor))
    return Ok(
        body=ExportView(
            exported_at=instant(now),
            account=me_view(user),
            security=SecurityView(
                authenticator_app=app.factors.second_factors.is_on(user.id),
                passkeys=[PasskeyView.of(passkey) for passkey in app.factors.passkeys.of(user.id)],
            ),
            sessions=[session_view(session, principal) for session in app.sessions.of(user.id, now)],
            bookings=page.bookings,
            next_cursor=app.cursors.issue(scope, page.position),
        )
    )


@routes.route(
    "DELETE",
    "/v1/me",
    access=BUYER | AGENT,
    errors=(FreshLoginRequired, EngagementsOpen, RosterNotEmpty),
)
def erase_me(principal: Principal, app: Services) -> NoContent:
    """Erase one's own account, within 5 minutes of a login.

    The account is gone at once, with all its sessions, and its address can be registered anew. Open bookings
    are withdrawn or declined within minutes; those that are over stay for the books, under a random pseudonym
    and without what one wrote. It is refused, and nothing changes, while there is a confirmed engagement
    ahead, while money is on its way back or disputed, and while one represents anybody. An admin's account is
    the operator's to erase.
    """
    app.departure.leave(principal)
    return NoContent()
