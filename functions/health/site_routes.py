"""The routes of the documentation: the OpenAPI document, and the page that shows it."""

from functools import cache
from pathlib import Path

from greenroom.gateway.answers import Content
from greenroom.gateway.headers import PAGE_POLICY
from greenroom.gateway.routes import PUBLIC, Limit

from .table import routes

_SITE = Path(__file__).parent / "site"


@cache
def _asset(name: str) -> bytes:
    return (_SITE / name).read_bytes()


def _page(name: str, content_type: str) -> Content:
    return Content(
        content=_asset(name),
        content_type=content_type,
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"},
    )


@routes.route("GET", "/openapi.json", access=PUBLIC, limit=Limit.NONE, produces="application/json")
def show_openapi() -> Content:
    """Give this document."""
    return _page("openapi.json", "application/json")


@routes.route("GET", "/docs", access=PUBLIC, limit=Limit.NONE, produces="text/html")
def show_docs() -> Content:
    """Show the documentation; all its parts come from here."""
    return _page("docs.html", "text/html")


@routes.route("GET", "/docs/docs.js", access=PUBLIC, limit=Limit.NONE, produces="text/javascript")
def show_docs_script() -> Content:
    """Give the documentation's script."""
    return _page("docs.js", "text/javascript")


@routes.route("GET", "/docs/docs.css", access=PUBLIC, limit=Limit.NONE, produces="text/css")
def show_docs_style() -> Content:
    """Give the documentation's style."""
    return _page("docs.css", "text/css")
