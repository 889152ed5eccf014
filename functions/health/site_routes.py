"""The routes of the documentation: the OpenAPI document, and the page that shows it.

The page's UI is third-party code. ``stacks.reference_ui`` fetches it into ``site/reference``.
"""

import re
from functools import cache
from pathlib import Path

from greenroom.gateway.answers import Content
from greenroom.gateway.headers import PAGE_POLICY, REFERENCE_POLICY
from greenroom.gateway.requests import Request
from greenroom.gateway.routes import PUBLIC, Limit
from greenroom.refusals import NotFound

from .table import routes

_SITE = Path(__file__).parent / "site"
_BROTLI = re.compile(r"(?:^|,)\s*br\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)")


@cache
def _file(name: str) -> bytes:
    return (_SITE / name).read_bytes()


@cache
def _bundle() -> str:
    """Return the name of the UI's script, which has the hash of its content; empty where it is missing."""
    return next((path.stem for path in (_SITE / "reference").glob("*.js.gz")), "")


def _page(content: bytes, content_type: str, policy: str = PAGE_POLICY) -> Content:
    return Content(
        content=content,
        content_type=content_type,
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"},
    )


@routes.route("GET", "/openapi.json", access=PUBLIC, limit=Limit.NONE, produces="application/json")
def show_openapi() -> Content:
    """Give this document."""
    return _page(_file("openapi.json"), "application/json")


@routes.route("GET", "/docs", access=PUBLIC, limit=Limit.NONE, produces="text/html")
def show_docs() -> Content:
    """Show the documentation; all its parts come from here."""
    if not _bundle():
        return _page(_file("docs-missing.html"), "text/html")
    return _page(
        _file("docs.html").replace(b"BUNDLE", _bundle().encode()), "text/html", policy=REFERENCE_POLICY
    )


@routes.route(
    "GET", "/docs/docs.js", access=PUBLIC, limit=Limit.NONE, produces="text/javascript", documented=False
)
def show_docs_script() -> Content:
    """Give the script that configures the documentation's UI."""
    return _page(_file("docs.js"), "text/javascript")


@routes.route(
    "GET",
    "/docs/{bundle}",
    access=PUBLIC,
    limit=Limit.NONE,
    produces="text/javascript",
    etag=True,
    documented=False,
)
def show_docs_bundle(bundle: str, request: Request) -> Content:
    """Give the documentation's UI, always compressed. Its name changes with its content."""
    if not bundle or bundle != _bundle():
        raise NotFound
    brotli = _BROTLI.search(request.headers.get("accept-encoding", ""))
    encoding, suffix = ("br", "br") if brotli else ("gzip", "gz")
    return Content(
        content=_file(f"reference/{bundle}.{suffix}"),
        content_type="text/javascript",
        etag=f"{bundle}.{suffix}",
        headers={
            "Content-Security-Policy": PAGE_POLICY,
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Encoding": encoding,
            "Vary": "Accept-Encoding",
        },
    )
