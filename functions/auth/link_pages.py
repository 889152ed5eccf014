"""The pages that links in mails lead to, and their script and style.

To open one does nothing, whoever does it: a mail scanner follows links as well. The page's own script takes
the token out of the address, and sends it when a person presses the button. So the token is in the query of
one GET, which no log of ours has, and otherwise only in bodies.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, Secret, StringConstraints

from greenroom.gateway.answers import Content
from greenroom.gateway.headers import PAGE_POLICY
from greenroom.gateway.routes import PUBLIC, Limit
from greenroom.shapes import Query

from .table import routes

_SITE = Path(__file__).parent / "site"


class LinkQuery(Query):
    """What a link in a mail brings. The page reads it, nobody else does."""

    token: Annotated[
        Secret[Annotated[str, StringConstraints(max_length=200)]],
        Field(default_factory=lambda: Secret(""), json_schema_extra={"default": ""}),
    ]


@cache
def _asset(name: str) -> bytes:
    return (_SITE / name).read_bytes()


def _page(name: str) -> Content:
    # Never stored: the address that it would be stored under has the token in it.
    headers = {"Content-Security-Policy": PAGE_POLICY, "X-Robots-Tag": "noindex"}
    return Content(content=_asset(name), content_type="text/html", headers=headers)


@routes.route("GET", "/verify-email", access=PUBLIC, limit=Limit.NONE, produces="text/html")
def show_verify_email(query: LinkQuery) -> Content:  # noqa: ARG001 - taken, so that it is no unknown parameter
    """Show the page that confirms an e-mail address, which a mail leads to. To open it does nothing."""
    return _page("verify-email.html")


@routes.route("GET", "/reset-password", access=PUBLIC, limit=Limit.NONE, produces="text/html")
def show_reset_password(query: LinkQuery) -> Content:  # noqa: ARG001
    """Show the page that sets a new password, which a mail leads to. To open it does nothing."""
    return _page("reset-password.html")


@routes.route("GET", "/change-email", access=PUBLIC, limit=Limit.NONE, produces="text/html")
def show_change_email(query: LinkQuery) -> Content:  # noqa: ARG001
    """Show the page that confirms a new e-mail address after a login. To open it does nothing."""
    return _page("change-email.html")


@routes.route(
    "GET", "/links/links.js", access=PUBLIC, limit=Limit.NONE, produces="text/javascript", documented=False
)
def show_links_script() -> Content:
    """Give the script of these pages."""
    return _part("links.js", "text/javascript")


@routes.route(
    "GET", "/links/links.css", access=PUBLIC, limit=Limit.NONE, produces="text/css", documented=False
)
def show_links_style() -> Content:
    """Give the style of these pages."""
    return _part("links.css", "text/css")


def _part(name: str, content_type: str) -> Content:
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    return Content(content=_asset(name), content_type=content_type, headers=headers)
