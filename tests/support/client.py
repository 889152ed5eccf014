"""A client of the running system that holds each answer against the OpenAPI document."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from tests.support.documented import check_answer
from tests.support.system import RunningSystem

PASSWORD = "four green rooms, please"


class Client:
    """Speaks with the API and holds each answer against the document; to be closed."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self.http = httpx.Client(
            base_url=system.base_url,
            timeout=60,
            trust_env=False,
            event_hooks={"response": [self._check]},
            limits=httpx.Limits(max_connections=100),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @staticmethod
    def _check(answer: httpx.Response) -> None:
        answer.read()
        if not answer.request.url.path.startswith("/local/"):
            check_answer(answer)

    def new_buyer(self, *, verified: bool = True) -> dict[str, str]:
        """Register a buyer and return the header that says so."""
        email = f"{uuid.uuid4().hex}@example.com"
        body = {"email": email, "password": PASSWORD, "display_name": "A fan"}
        assert self.http.post("/v1/auth/register", json=body).status_code == 202
        if verified:
            token = re.search(r"token=([\w-]+)", self.system.mails(email)[0]["text"])
            assert token
            answer = self.http.post("/v1/auth/verify-email", json={"token": token[1]})
            assert answer.status_code == 204, answer.text
        login = self.http.post("/v1/auth/login", json={"email": email, "password": PASSWORD})
        assert login.status_code == 200
        return {"Authorization": f"Bearer {login.json()['access_token']}"}

    def slots(
        self, slug: str, *, days_ahead: int, mode: str = "instant"
    ) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """Return an offering of a celebrity, and its free slots over three days."""
        celebrity = self.http.get(f"/v1/celebrities/{slug}").json()
        offering = next(o for o in celebrity["offerings"] if o["mode"] == mode)
        first = datetime.now(UTC).date() + timedelta(days=days_ahead)
        span = {"from": str(first), "to": str(first + timedelta(days=2)), "offering_id": offering["id"]}
        answer = self.http.get(f"/v1/celebrities/{celebrity['id']}/availability", params=span)
        return offering, answer.json()["items"]

    def book(
        self, buyer: dict[str, str], offering_id: str, start: str, *, key: str | None = None, **more: Any
    ) -> httpx.Response:
        """Ask for a booking."""
        body = {"offering_id": offering_id, "start": start, "time_zone": "Europe/Berlin", **more}
        headers = {**buyer, "Idempotency-Key": key or uuid.uuid4().hex}
        return self.http.post("/v1/bookings", json=body, headers=headers)

    def pay(self, buyer: dict[str, str], booking_id: str, **headers: str) -> httpx.Response:
        """Start the deposit."""
        sent = {**buyer, "Idempotency-Key": uuid.uuid4().hex, **headers}
        return self.http.post(f"/v1/bookings/{booking_id}/payments", json={"kind": "deposit"}, headers=sent)
