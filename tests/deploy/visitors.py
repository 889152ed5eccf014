"""Those who go through the scenarios, on one deployment."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.deploy.clients import client
from local.deploy.stage import Deployment
from stacks.functions import RELEASED
from stacks.release import ALIAS

_RUNS_A_SESSION = 4
Told = tuple[str, object]
"""What was asked for, and how it went."""


@dataclass(slots=True)
class Trial:
    """A deployment, and what runs of scenarios on it share, for a login and a search take their time."""

    deployment: Deployment
    http: httpx.Client
    _sessions: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By demo account, a token and how many more runs may use it."""
    _slots: list[dict[str, str]] = field(default_factory=list)
    """Wishes for bookings that nobody has made."""

    def token(self, account: str) -> str:
        """Return a token of a demo account, of a session that has requests left that need not be spaced."""
        token, left = self._sessions.get(account, ("", 0))
        if not left:
            known = json.loads(self.deployment.demo_file.read_text("utf-8"))["accounts"][account]
            proof = {key: known[key] for key in ("email", "password")}
            token = Visitor(self).ask("POST", "/v1/auth/login", proof).json()["access_token"]
            left = _RUNS_A_SESSION
        self._sessions[account] = (token, left - 1)
        return token

    def wish(self) -> dict[str, str]:
        """Return a wish for a slot that nobody has."""
        if not self._slots:
            visitor = Visitor(self)
            celebrity = visitor.ask("GET", "/v1/celebrities/june-okafor").json()
            offering = next(each for each in celebrity["offerings"] if each["mode"] == "instant")
            gap = (
                offering["duration_minutes"]
                + offering["buffer_before_minutes"]
                + offering["buffer_after_minutes"]
            )
            day = (datetime.now(UTC) + timedelta(days=9)).date()
            span = f"from={day}&to={day + timedelta(days=20)}&offering_id={offering['id']}"
            free = visitor.ask("GET", f"/v1/celebrities/{celebrity['id']}/availability?{span}").json()[
                "items"
            ]
            taken = datetime.min.replace(tzinfo=UTC)
            for slot in free:
                if (start := datetime.fromisoformat(slot["start"])) >= taken:
                    taken = start + timedelta(minutes=gap)
                    wish = {"offering_id": offering["id"], "start": slot["start"], "time_zone": "UTC"}
                    self._slots.append(wish)
        return self._slots.pop()


@dataclass(slots=True)
class Visitor:
    """Somebody at an address of their own, whose quota nobody else uses."""

    trial: Trial
    address: str = field(default_factory=lambda: f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}")
    token: str = ""

    @property
    def deployment(self) -> Deployment:
        """Return the stage."""
        return self.trial.deployment

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request, signed in where there is a token."""
        sent = {"X-Forwarded-For": self.address, **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return self.trial.http.request(method, path, json=body, headers=sent)

    def told(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """Send a request and return how it went: the status, and whether it was counted."""
        answer = self.ask(method, path, body, **headers)
        return f"{method} {path}", (answer.status_code, "ratelimit" in answer.headers)

    def log_in(self, account: str) -> None:
        """Go on as a demo account."""
        self.token = self.trial.token(account)

    def mailed(self, email: str) -> str:
        """Return the token of the newest mail to an address."""
        mails = self.trial.http.get("/local/mailbox", params={"to": email}).json()["items"]
        return re.findall(r"token=([\w-]+)", mails[0]["text"])[0] if mails else ""

    def book(self) -> httpx.Response:
        """Book a slot that nobody else has."""
        return self.ask(
            "POST", "/v1/bookings", self.trial.wish(), **{"Idempotency-Key": secrets.token_hex(8)}
        )

    def pay(self, booking: str) -> httpx.Response:
        """Begin to pay a booking's deposit."""
        return self.ask(
            "POST",
            f"/v1/bookings/{booking}/payments",
            {"kind": "deposit"},
            **{"Idempotency-Key": secrets.token_hex(8)},
        )

    def capture(self, payment: str) -> int:
        """Take the payment as the provider does; return what its message about that was answered."""
        captured = self.trial.http.post(f"/local/payments/{payment}/capture").json()
        return int(captured["webhook"]["status"])

    def invoke(self, function: str, event: Any) -> object:
        """Call a function that no request reaches; return what it answers, or that it failed."""
        name = f"greenroom-{self.deployment.stacks.stage}-{function}"
        if function in {plan.name for plan in RELEASED}:
            name += f":{ALIAS}"
        answer = client("lambda", self.deployment.emulator_url).invoke(
            FunctionName=name, Payload=json.dumps(event)
        )
        payload = json.loads(answer["Payload"].read())
        return "failed" if "FunctionError" in answer else payload
