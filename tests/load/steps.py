"""What load is made of: steps of the API's main jobs, over any client that asks.

A scenario is a function of a ``Visitor`` that takes a few steps. A new step is a method or a line here; what
it is called in the report is the ``name`` it asks with. Locust's interpreter runs this: no package is used.
"""

import random
import re
import secrets
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

PASSWORD = "a load of green rooms"
SET_UP = "set-up: "
"""How the names of requests begin that are no part of a scenario."""
_RUSHED = "june-okafor"
_CHANCE = random.Random()  # noqa: S311 - what it chooses is no secret


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; ``body`` is the decoded JSON, None where there is none."""

    status: int
    body: Any


class Ask(Protocol):
    """Sends a request. One whose status is not expected counts as failed, and raises ``Unexpected``."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        name: str,
        body: Any = None,
        headers: Mapping[str, str],
        expected: Container[int],
    ) -> Answer: ...


class Unexpected(Exception):
    """An answer that ends the visit; it has been counted."""


@dataclass(slots=True)
class Visitor:
    """Somebody who uses the API, signed in once there is a token.

    ``agent`` is who answers requests for offers, of the celebrities that are theirs; nobody does without one.
    """

    ask: Ask
    token: str = ""
    account: Mapping[str, str] | None = None
    agent: Self | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        name: str = "",
        body: Any = None,
        expected: Container[int] = (200,),
        keyed: bool = False,
        known: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Ask; ``keyed`` with an idempotency key, and only while ``known`` is how the booking stands.

        A path's ids are to be left out of the ``name``.
        """
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if keyed:
            headers["Idempotency-Key"] = secrets.token_hex(8)
        if known is not None:
            headers["If-Match"] = f'"{known["version"]}"'
        name = name or f"{method} {path.partition('?')[0]}"
        return self.ask(method, path, name=name, body=body, headers=headers, expected=expected)

    def sign_up(self) -> None:
        """Register, follow the link of the mail in the local mailbox, and log in."""
        account = {"email": f"load-{secrets.token_hex(8)}@example.com", "password": PASSWORD}
        body = {**account, "display_name": "A load of people"}
        self.call("POST", "/v1/auth/register", name=f"{SET_UP}register", body=body, expected=(202,))
        mails = self.call("GET", f"/local/mailbox?to={account['email']}", name=f"{SET_UP}mailbox").body[
            "items"
        ]
        (token,) = re.findall(r"token=([\w-]+)", mails[0]["text"])
        verified = {"token": token}
        self.call(
            "POST", "/v1/auth/verify-email", name=f"{SET_UP}verify-email", body=verified, expected=(204,)
        )
        self.account = account
        self.log_in()

    def log_in(self) -> None:
        """Begin a new session of the account."""
        self.token = ""
        answer = self.call("POST", "/v1/auth/login", name=f"{SET_UP}login", body=self.account)
        self.token = answer.body["access_token"]

    def log_out(self) -> None:
        """End the session. One account has only so many."""
        self.call("POST", "/v1/auth/logout", name=f"{SET_UP}logout", expected=(204,))

    def offering(self, slug: str, mode: str) -> dict[str, Any] | None:
        """Look at a celebrity; return an active offering of that mode, if any, with ``celebrity_id``."""
        profile = self.call("GET", f"/v1/celebrities/{slug}", name="GET /v1/celebrities/{id}").body
        found = [each for each in profile["offerings"] if each["mode"] == mode and each["active"]]
        return {**found[0], "celebrity_id": profile["id"]} if found else None

    def slots(self, offering: Mapping[str, Any], first: datetime, days: int) -> list[str]:
        """Return the starts of free slots from a day on."""
        last = first + timedelta(days=days - 1)
        answer = self.call(
            "GET",
            f"/v1/celebrities/{offering['celebrity_id']}/availability"
            f"?from={first.date()}&to={last.date()}&offering_id={offering['id']}",
            name="GET /v1/celebrities/{id}/availability",
        )
        return [slot["start"] for slot in answer.body["items"]]

    def book(self, offering: Mapping[str, Any], start: str) -> dict[str, Any] | None:
        """Book a slot, or ask for an offer. None where somebody else was faster, which is no failure."""
        answer = self.call(
            "POST",
            "/v1/bookings",
            body={"offering_id": offering["id"], "start": start, "time_zone": "Europe/Berlin"},
            expected=(201, 409),
            keyed=True,
        )
        return _unless_taken(answer)

    def offer(self, booking: Mapping[str, Any], terms: Mapping[str, Any]) -> dict[str, Any] | None:
        """Offer terms, or others than were offered. None where the time was somebody else's meanwhile."""
        answer = self.call(
            "POST",
            f"/v1/bookings/{booking['id']}/offers",
            name="POST /v1/bookings/{id}/offers",
            body=terms,
            expected=(201, 409),
            known=booking,
        )
        return _unless_taken(answer)


def _unless_taken(answer: Answer) -> dict[str, Any] | None:
    """Return the booking that was answered, None for its refusal because somebody was faster."""
    if answer.status == 409 and answer.body["code"] != "slot_taken":
        raise Unexpected(answer.body["code"])
    return dict(answer.body) if answer.status == 201 else None


def _someday() -> datetime:
    return datetime.now(UTC) + timedelta(days=_CHANCE.randint(35, 85))


def _pick(visitor: Visitor, mode: str) -> tuple[dict[str, Any], str] | None:
    """Look around until there is a free slot of that mode; None where this visit found none."""
    listed = visitor.call("GET", "/v1/celebrities?limit=50").body["items"]
    offering = visitor.offering(_CHANCE.choice(listed)["slug"], mode)
    if offering is None:
        return None
    free = visitor.slots(offering, _someday(), 7)
    return (offering, _CHANCE.choice(free)) if free else None


def browse(visitor: Visitor) -> None:
    """Search, look at two celebrities, and at the free time of one."""
    category = _CHANCE.choice(["music", "film", "sport", "food"])
    found = visitor.call("GET", f"/v1/celebrities?category={category}&sort=price").body["items"]
    visitor.call("GET", "/v1/celebrities?limit=5")
    visitor.offering(_CHANCE.choice(found)["slug"], "instant")
    _pick(visitor, "instant")


def book(visitor: Visitor) -> None:
    """Book an instant offering, begin to pay, look at the booking and its log."""
    picked = _pick(visitor, "instant")
    booking = visitor.book(*picked) if picked else None
    if booking is None:
        return
    path = f"/v1/bookings/{booking['id']}"
    visitor.call(
        "POST",
        f"{path}/payments",
        name="POST /v1/bookings/{id}/payments",
        body={"kind": "deposit"},
        expected=(201,),
        keyed=True,
    )
    visitor.call("GET", path, name="GET /v1/bookings/{id}")
    visitor.call("GET", f"{path}/events", name="GET /v1/bookings/{id}/events")


def negotiate(visitor: Visitor) -> None:
    """Ask for an offer; counter what the agent offers, who accepts that. Both look at how it stands."""
    picked = _pick(visitor, "request")
    request = visitor.book(*picked) if picked else None
    visitor.call("GET", "/v1/bookings?limit=20")
    if picked is None or request is None or (agent := visitor.agent) is None:
        return
    path = f"/v1/bookings/{request['id']}"
    # Of a celebrity that is another agent's, this one knows no booking; and that one never answers.
    seen = agent.call("GET", path, name="GET /v1/bookings/{id}", expected=(200, 404))
    price = picked[0]["price"]
    terms = {"fee": price["amount"], "deposit": price["amount"] // 4, "currency": price["currency"]}
    offered = agent.offer(request, terms) if seen.status == 200 else None
    countered = visitor.offer(offered, {**terms, "fee": terms["fee"] * 9 // 10}) if offered else None
    if countered:
        version = {"terms_version": countered["terms"]["version"]}
        name = "POST /v1/bookings/{id}/accept"
        agent.call("POST", f"{path}/accept", name=name, body=version, known=countered)
        visitor.call("GET", path, name="GET /v1/bookings/{id}")


def on_sale(visitor: Visitor, most: int) -> tuple[dict[str, Any], list[str]]:
    """Return what everybody will want: one celebrity's offering, and free slots apart from each other."""
    offering = visitor.offering(_RUSHED, "instant")
    if offering is None:
        raise Unexpected(f"{_RUSHED} has no instant offering")
    apart = timedelta(
        minutes=sum(
            offering[f"{part}_minutes"] for part in ("duration", "buffer_before", "buffer_after", "slot")
        )
    )
    wanted: list[str] = []
    for start in visitor.slots(offering, datetime.now(UTC) + timedelta(days=30), 14):
        if not wanted or _at(start) - _at(wanted[-1]) >= apart:
            wanted.append(start)
    return offering, wanted[:most]


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def rush(visitor: Visitor, offering: Mapping[str, Any], wanted: list[str]) -> dict[str, Any] | None:
    """Try for each wanted slot, the best first, until one is won; None where all were lost."""
    for start in wanted:
        booking = visitor.book(offering, start)
        if booking is not None:
            return booking
    return None


SCENARIOS: Mapping[str, Callable[[Visitor], None]] = {
    "browse": browse,
    "book": book,
    "negotiate": negotiate,
}
"""What visitors do again and again, by name. The rush, which happens once, stands apart."""
