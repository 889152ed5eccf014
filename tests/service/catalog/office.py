"""An agent's office over any tables: calls the catalogue's function as agents, beside a world of bookings."""

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import Secret

from functions.catalog.routes import CatalogApp, routes
from greenroom.actors import Actor, Role
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identity.principal import Principal
from greenroom.refusals import Unauthenticated
from greenroom.uploads.bucket import Bucket
from tests.service.bookings.world import AGENT, Answer, World
from tests.support.gate import gate
from tests.support.paper_objects import PaperObjects

OTHER_AGENT = Actor(Role.AGENT, "usr_00000000000000000000000008")
CDN = "https://media.greenroom.test"

LIST, ONE = "/v1/celebrities", "/v1/celebrities/{celebrity_id}"
ROSTER, OFFERINGS = "/v1/roster", f"{ONE}/offerings"
OFFERING = f"{OFFERINGS}/{{offering_id}}"

NEWCOMER: dict[str, Any] = {
    "name": "Ænea Strøm",
    "category": "music",
    "country": "NO",
    "time_zone": "Europe/Oslo",
    "languages": ["nb", "en-GB"],
}
EVENING: dict[str, Any] = {
    "title": "An evening",
    "kind": "performance",
    "mode": "instant",
    "duration_minutes": 120,
    "slot_minutes": 30,
    "price": {"amount": 90_000, "currency": "NOK"},
    "deposit_share": 2_500,
}


@dataclass
class Office:
    """The function, and who calls it."""

    world: World
    cdn_url: str | None = CDN
    store: CatalogStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = CatalogStore(self.world.tables, self.world.catalog_table)
        app = CatalogApp(
            store=self.store,
            tables=self.world.tables,
            bookings_table=self.world.bookings_table,
            cursors=Cursors(lambda: Secret("secret")),
            bucket=Bucket(PaperObjects, "files"),
            cdn_url=self.cdn_url,
            clock=self.world.clock,
        )
        composition = Composition(app=app, admission=gate(_principal), clock=self.world.clock)
        self._function = Function(routes, lambda: composition)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Actor | None = AGENT,
        at: int | str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **parameters: str,
    ) -> Answer:
        """Call the function as the gateway does; ``at`` is the version that ``If-Match`` names."""
        sent = dict(headers or {})
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        sent |= {"Authorization": f"Bearer {by.role} {by.id}"} if by else {}
        sent |= {"If-Match": at if isinstance(at, str) else f'"{at}"'} if at is not None else {}
        event = {
            "httpMethod": method,
            "resource": path,
            "path": path,
            "pathParameters": parameters or None,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
            "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "192.0.2.1"}},
            "body": body if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self._function(event)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def engage(self, *, by: Actor = AGENT, **changes: Any) -> dict[str, Any]:
        """Put a newcomer on a roster and return them."""
        answer = self.call("POST", LIST, NEWCOMER | changes, by=by)
        assert answer.status == 201, answer.text
        made: dict[str, Any] = answer.body
        return made

    def offer(self, celebrity_id: str, *, by: Actor = AGENT, **changes: Any) -> dict[str, Any]:
        """Give a celebrity an offering and return it."""
        answer = self.call("POST", OFFERINGS, EVENING | changes, by=by, celebrity_id=celebrity_id)
        assert answer.status == 201, answer.text
        made: dict[str, Any] = answer.body
        return made

    def shown(self, celebrity_id: str) -> dict[str, Any]:
        """Return a celebrity as everybody sees them."""
        found: dict[str, Any] = self.call("GET", ONE, by=None, celebrity_id=celebrity_id).body
        return found


def _principal(token: str) -> Principal:
    role, _, user_id = token.partition(" ")
    if not user_id:
        raise Unauthenticated
    return Principal(user_id, Role(role), "ses_1", verified=True)
