"""Things of the callers' own, each as it has to be for a request about it to succeed."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from tests.security.cast import Cast
from tests.security.surface import Operation

TERMS = {"fee": 100, "deposit": 0, "currency": "EUR"}
_OPEN = {"weekly": [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)], "overrides": []}


@dataclass
class Own:
    """Bookings of ``buyer`` with ``agent``, and a celebrity of ``agent`` whom no other test knows."""

    cast: Cast
    _made: int = field(default=0, init=False)
    """How many things there were."""

    def things(self, operation: Operation, who: str) -> dict[str, str]:
        """Return ids of what an operation can be about, made for it alone."""
        self.cast._perishable.clear()
        self._made += 1
        if operation.template.startswith("/v1/bookings/"):
            return {"booking_id": self._booking(operation.template.partition("}/")[2], who)}
        if "celebrity_id" not in operation.parameters:
            return self.cast.things(operation)
        found = {"celebrity_id": self._celebrity}
        if "offering_id" in operation.parameters:
            found["offering_id"] = self._offering(self._celebrity, "request")
        if "block_id" in operation.parameters:
            found["block_id"] = self._block()
        return found

    def fitting(self, who: str) -> dict[str, Any]:
        """Return values for fields of which the document cannot say which ones fit what there is."""
        return {
            "currency": "EUR",
            "kind": "deposit",
            "time_zone": "UTC",
            "start": self._at(200),
            "end": self._at(201),
            "terms_version": 2 if who == "agent" else 1,
        }

    def _at(self, days: int) -> str:
        """Return a time so many days ahead that no other thing has."""
        start = datetime.now(UTC).replace(minute=0) + timedelta(days=days, hours=self._made)
        return f"{start:%Y-%m-%dT%H:%M}Z"

    def _booking(self, deed: str, who: str) -> str:
        begin: dict[tuple[str, str], Callable[[], str]] = {
            ("offers", "agent"): self._requested,
            ("decline", "agent"): self._requested,
            ("offers", "buyer"): self._offered,
            ("accept", "buyer"): self._offered,
            ("withdraw", "buyer"): self._offered,
            ("accept", "agent"): self._countered,
            ("payments", "buyer"): self._unpaid,
            ("reschedule/decline", "agent"): self._proposed,
            ("reschedule/decline", "buyer"): self._proposed,
        }
        return begin.get((deed, who), self._confirmed)()

    def _requested(self, offering: str | None = None) -> str:
        offering = offering or self._on_request
        answer = self.cast.client.book(self.cast.bearer("buyer"), offering, self._at(30))
        return _id_of(answer)

    def _unpaid(self) -> str:
        return self._requested(self._at_once)

    def _offered(self) -> str:
        return self._done(self._requested(), "offers", "agent", TERMS)

    def _countered(self) -> str:
        return self._done(self._offered(), "offers", "buyer", TERMS)

    def _confirmed(self) -> str:
        return self._done(self._offered(), "accept", "buyer", {"terms_version": 1})

    def _proposed(self) -> str:
        body = {"start": self._at(90), "time_zone": "UTC", "reason": "A storm"}
        return self._done(self._confirmed(), "reschedule", "agent", body)

    def _done(self, booking_id: str, deed: str, who: str, body: Any) -> str:
        self._send("POST", f"/v1/bookings/{booking_id}/{deed}", who, body)
        return booking_id

    @cached_property
    def _on_request(self) -> str:
        return self._offering(self._represented(), "request")

    @cached_property
    def _at_once(self) -> str:
        return self._offering(self._represented(), "instant")

    @cached_property
    def _celebrity(self) -> str:
        """Whoever may be changed in any way."""
        return self._represented()

    def _represented(self) -> str:
        made = {
            "name": f"Own {secrets.token_hex(4)}",
            "category": "music",
            "country": "NO",
            "time_zone": "UTC",
            "languages": ["en"],
        }
        celebrity_id = _id_of(self._send("POST", "/v1/celebrities", "agent", made))
        self._send("PUT", f"/v1/celebrities/{celebrity_id}/schedule", "agent", _OPEN)
        return celebrity_id

    def _offering(self, celebrity_id: str, mode: str) -> str:
        made = {
            "title": "Of our own",
            "kind": "appearance",
            "mode": mode,
            "duration_minutes": 60,
            "slot_minutes": 60,
            "price": {"amount": 1000, "currency": "EUR"},
            "deposit_share": 5000,
        }
        return _id_of(self._send("POST", f"/v1/celebrities/{celebrity_id}/offerings", "agent", made))

    def _block(self) -> str:
        start = self._at(400)
        made = {"start": start, "end": start.replace(":00Z", ":30Z")}
        return _id_of(self._send("POST", f"/v1/celebrities/{self._celebrity}/blocks", "agent", made))

    def _send(self, method: str, path: str, who: str, body: Any) -> httpx.Response:
        headers = {**self.cast.bearer(who), "If-Match": "*"}
        answer = self.cast.client.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer


def _id_of(answer: httpx.Response) -> str:
    assert answer.is_success, answer.text
    return str(answer.json()["id"])
