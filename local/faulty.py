"""A function that breaks, for trying the error reports: it exists on one machine only.

It is a function like the others, behind a gateway like theirs, so its error goes the way of theirs.
"""

import secrets
from collections.abc import Mapping

from greenroom.gateway.answers import NoContent
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.routes import PUBLIC, Limit, Routes
from local import runtime
from local.gateway import Gateway
from local.journal import Journal
from local.routes import Document, Resource, RouteTable

PATH = "/local/errors"
_NAME = "faulty"
_DOMAIN = "example.com"  # its value stands in no source line of the report
routes = Routes(_NAME)


@routes.route("POST", PATH, access=PUBLIC, limit=Limit.NONE)
def break_down() -> NoContent:
    """Fail as code does, with texts and values at hand of which nothing may show in the report."""
    address, token = f"somebody@{_DOMAIN}", secrets.token_urlsafe(32)
    try:
        seat = {"somebody else": 1}[token]
    except KeyError as missing:
        raise RuntimeError(f"no seat for {address}") from missing
    raise RuntimeError(f"{address} has seat {seat}")


def faulty_gateway(headers: Mapping[str, str], journal: Journal) -> Gateway:
    """Return a gateway with the faulty function alone; ``headers`` as in ``Document``."""
    handler = Function(routes, lambda: Composition(app=None))
    document = Document(RouteTable([Resource(PATH, {"POST": _NAME})]), headers)
    return Gateway(document, {_NAME: runtime.Function(_NAME, handler)}, journal)
