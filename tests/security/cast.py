"""Who attacks and who is attacked: two buyers, two agents, an admin, and one thing of each kind."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx
import jwt

from greenroom.actors import Role
from greenroom.identifiers import new_id
from tests.security.backstage import Backstage
from tests.security.bodies import PASSWORD
from tests.security.surface import Operation
from tests.support.client import Client
from tests.support.ownership import PREFIXES
from tests.support.reference import bundle

ROLES = {"buyer": "buyer", "other buyer": "buyer", "agent": "agent", "other agent": "agent", "admin": "admin"}
"""The role of each person."""
EVERYBODY = ["anonymous", "forger", "monitor", *ROLES]
_DEMO = {"agent": "agent", "other agent": "agent2", "admin": "admin"}


@dataclass
class Cast:
    """The people, by the names of ``ROLES``. Sessions are kept until something may have ended them."""

    client: Client
    backstage: Backstage
    _tokens: dict[str, str] = field(default_factory=dict)
    _emails: dict[str, str] = field(default_factory=dict)
    _perishable: dict[str, str] = field(default_factory=dict)
    """What exists until somebody ends it."""
    _blocks: int = 0

    def new_person(self, role: Role = Role.BUYER) -> tuple[str, str]:
        """Make an account that nobody else uses; return its address and its id."""
        email = f"{secrets.token_hex(8)}@example.com"
        return email, self.backstage.create_user(email, PASSWORD, role)

    def open_session(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Log in and return the tokens."""
        answer = self.client.http.post("/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def log_in(self, who: str) -> str:
        """Begin a session of one of the cast and return its access token."""
        if who in _DEMO:
            known = self.client.system.demo["accounts"][_DEMO[who]]
            return str(self.open_session(known["email"], known["password"])["access_token"])
        if who not in self._emails:
            self._emails[who] = self.new_person()[0]
        return str(self.open_session(self._emails[who])["access_token"])

    def token(self, who: str) -> str:
        """Return an access token that works."""
        if who not in self._tokens:
            self._tokens[who] = self.log_in(who)
        return self._tokens[who]

    def _leaving(self, who: str) -> dict[str, str]:
        """Return the header of somebody of the same role whom nobody will miss."""
        if who not in ROLES:
            return self.bearer(who)
        email, _ = self.new_person(Role(ROLES[who]))
        return {"Authorization": f"Bearer {self.open_session(email)['access_token']}"}

    def bearer(self, who: str) -> dict[str, str]:
        """Return the header that says who calls; none for the anonymous."""
        if who == "anonymous":
            return {}
        known = {"forger": "forged", "monitor": self.backstage.monitoring_token}
        return {"Authorization": f"Bearer {known.get(who) or self.token(who)}"}

    @cached_property
    def celebrity(self) -> dict[str, Any]:
        """Somebody on the roster of ``agent``."""
        found: dict[str, Any] = self.client.http.get("/v1/celebrities/mara-voss").json()
        return found

    @property
    def offering_id(self) -> str:
        """What can be booked at once."""
        return str(self.offering["id"])

    @cached_property
    def offering(self) -> dict[str, Any]:
        found: dict[str, Any] = next(
            each for each in self.celebrity["offerings"] if each["mode"] == "instant"
        )
        return found

    @cached_property
    def _free(self) -> Iterator[list[str]]:
        first = datetime.now(UTC).date() + timedelta(days=40)
        span = {"from": str(first), "to": str(first + timedelta(days=45)), "offering_id": self.offering_id}
        path = f"/v1/celebrities/{self.celebrity['id']}/availability"
        starts = [slot["start"] for slot in self.client.http.get(path, params=span).json()["items"]]
        return (starts[place : place + 4] for place in range(0, len(starts), 4))

    def free_starts(self) -> list[str]:
        """Return four neighbouring times that nobody else is given."""
        return next(self._free)

    def free_start(self) -> str:
        """Return a time that nobody else is given."""
        return self.free_starts()[1]

    def book(self, who: str = "buyer", **more: Any) -> dict[str, Any]:
        """Book a time of one's own and return the booking."""
        answer = self.client.book(self.bearer(who), self.offering_id, self.free_start(), **more)
        assert answer.status_code == 201, answer.text
        booking: dict[str, Any] = answer.json()
        return booking

    @cached_property
    def lasting(self) -> dict[str, str]:
        """What stays as it is: a booking of ``buyer`` with ``agent``, a celebrity, and a user."""
        booking = self.book(brief="Ours alone")
        return {
            "booking_id": booking["id"],
            "celebrity_id": booking["celebrity_id"],
            "user_id": self.new_person()[1],
        }

    def things(self, operation: Operation) -> dict[str, str]:
        """Return what an operation can be about; what it may end is made anew."""
        found = {name: self.lasting[name] for name in operation.parameters if name in self.lasting}
        for name in set(operation.parameters) - found.keys():
            if name not in self._perishable:
                self._perishable[name] = self._made(name)
            found[name] = self._perishable[name]
        return found

    def _made(self, name: str) -> str:
        if name == "offering_id":
            return self._offered()
        if name == "block_id":
            return self._blocked()
        if name == "upload_id":
            return self._begun()
        if name == "session_id":
            return str(claims_of(self.log_in("buyer"))["sid"])
        if name == "bundle":
            return bundle()
        assert name == "passkey_id", f"say here how to make what {name} names"
        return self.backstage.give_passkey(claims_of(self.token("buyer"))["sub"])

    def _blocked(self) -> str:
        """Let the agent block an hour that nobody else wants, and return the block's id."""
        self._blocks += 1
        start = datetime.now(UTC).replace(minute=0, second=0) + timedelta(days=200, hours=self._blocks)
        made = {"start": f"{start:%Y-%m-%dT%H:%M}Z", "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M}Z"}
        path = f"/v1/celebrities/{self.celebrity['id']}/blocks"
        answer = self.client.http.post(path, headers=self.bearer("agent"), json=made)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _begun(self) -> str:
        """Let the agent begin an upload, and return its id."""
        made = {"purpose": "photo", "content_type": "image/png", "size": 100}
        answer = self.client.http.post("/v1/uploads", headers=self.bearer("agent"), json=made)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _offered(self) -> str:
        """Let the agent offer something that nobody else asks about, and return its id."""
        made = {
            "title": "Perishable",
            "kind": "appearance",
            "mode": "request",
            "duration_minutes": 60,
            "slot_minutes": 60,
            "price": {"amount": 100, "currency": "EUR"},
            "deposit_share": 0,
        }
        path = f"/v1/celebrities/{self.celebrity['id']}/offerings"
        answer = self.client.http.post(path, headers=self.bearer("agent"), json=made)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def ask(
        self,
        operation: Operation,
        who: str,
        things: dict[str, str] | None = None,
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Ask with nothing wrong but, where it takes one, an empty body."""
        things = self.things(operation) if things is None else things
        sent = {
            "Idempotency-Key": secrets.token_hex(8),
            "If-Match": "*",
            **(self._leaving(who) if str(operation) == "DELETE /v1/me" else self.bearer(who)),
            **(headers or {}),
        }
        if operation.body is not None and body is None:
            body = {}
        answer = self.client.http.request(
            operation.method, operation.template.format_map(things), headers=sent, json=body, params=query
        )
        if operation.method != "GET" and answer.is_success:
            self._notice_what_ended(who)
        return answer

    def _notice_what_ended(self, who: str) -> None:
        self._perishable.clear()
        if who in self._tokens:
            alive = self.client.http.get("/v1/me", headers=self.bearer(who)).status_code == 200
            if not alive:
                del self._tokens[who]


def missing_things(operation: Operation) -> dict[str, str]:
    """Return ids of the right form that nothing has."""
    return {name: new_id(PREFIXES[name], datetime.now(UTC)) for name in operation.parameters}


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says, unverified."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def but_for_its_ids(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return all that could tell two refusals apart; ids and the date are each answer's own."""
    own = {"x-request-id", "x-correlation-id", "x-amzn-requestid", "date"}
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, {**answer.json(), "request_id": None}, headers
