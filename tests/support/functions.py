"""Every function behind the gateway in this process, over the emulator, with real people and tokens."""

import importlib
import json
import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pydantic import Secret

from greenroom.actors import Role
from greenroom.calendar.intervals import Interval
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.catalog.blocks import Blocks
from greenroom.catalog.model import Celebrity, Mode, Offering
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.dispatch import Function
from greenroom.gateway.routes import Route
from greenroom.identifiers import new_id, new_owned_id, owned_id
from greenroom.identity.operator import Operator, operator
from greenroom.storage import clients
from greenroom.storage import secrets as stored_secrets
from greenroom.storage.tables import Tables
from greenroom.storage.writes import Put
from greenroom.uploads.desk import Upload
from greenroom.uploads.purposes import Purpose
from local import resources
from local.environment import function_settings
from local.events import Received, proxy_event
from local.openapi import TABLES
from local.routes import Match, Resource
from tests.support.emulator import RunningEmulator

PASSWORD = "Zeitgeist-7-Äpfel"
ROLES = {
    "buyer": Role.BUYER,
    "other buyer": Role.BUYER,
    "agent": Role.AGENT,
    "other agent": Role.AGENT,
    "admin": Role.ADMIN,
}
ROUTES: tuple[Route, ...] = tuple(route for table in TABLES for route in table)


def function_of(method: str, path: str) -> str:
    """Return the name of the function that serves a route."""
    return next(route.function for route in ROUTES if (route.method, route.path) == (method, path))


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def told(self) -> tuple[int, str | None]:
        """The status, and the code of a refusal."""
        return self.status, self.body["code"] if self.status >= 400 else None

    def but_for_its_id(self) -> tuple[int, Any, dict[str, str]]:
        """Return all that a caller could tell two answers apart by, the request's ids left out."""
        headers = {name: value for name, value in self.headers.items() if not name.endswith("-Id")}
        return self.status, {**self.body, "request_id": None}, headers


@dataclass
class RunningFunctions:
    """The functions, and the people who call them."""

    functions: Mapping[str, Function[Any]]
    tables: Tables
    names: Mapping[str, str]
    operator: Operator
    monitoring_token: str = field(repr=False)
    settings: Mapping[str, str] = field(repr=False, default_factory=dict)
    """What a process of its own would have to be told, to be one of these functions."""
    emails: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _blocked: int = 0

    def event(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        query: str = "",
        parameters: Mapping[str, str] | None = None,
        source_ip: str = "198.51.100.7",
        **headers: str,
    ) -> dict[str, Any]:
        """Return what the gateway would hand to a route, which is named by its template."""
        given = [(name.lower().replace("_", "-"), value) for name, value in headers.items()]
        given += [("authorization", f"Bearer {token}")] if token is not None else []
        given += [("content-type", "application/json")] if body is not None else []
        values = dict(parameters or {})
        received = Received(
            method=method,
            path=path.format_map(values),
            query=query,
            headers=tuple(given),
            body=b"" if body is None else json.dumps(body).encode(),
            source_ip=source_ip,
            port=443,
        )
        match = Match(Resource(path, {method: function_of(method, path)}), values)
        event = proxy_event(received, match, request_id=str(uuid.uuid4()), now=datetime.now(UTC))
        told: dict[str, Any] = json.loads(json.dumps(event))
        return told

    def call(self, method: str, path: str, **request: Any) -> Answer:
        """Call a route by its template, as the gateway does; the rest is what ``event`` takes."""
        answer = self.functions[function_of(method, path)](self.event(method, path, **request))
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def log_in(self, who: str) -> str:
        """Begin a session and return its access token."""
        body = {"email": self.emails[who], "password": PASSWORD}
        answer = self.call("POST", "/v1/auth/login", body=body)
        assert answer.status == 200, answer.text
        return str(answer.body["access_token"])

    def token(self, who: str) -> str:
        """Return the access token of a session that lasts."""
        if who not in self._tokens:
            self._tokens[who] = self.log_in(who)
        return self._tokens[who]

    def forget(self, who: str) -> None:
        """Begin another session when ``token`` is asked for the next time."""
        self._tokens.pop(who, None)

    def session(self, who: str) -> str:
        """Begin a session and return its id."""
        claims: dict[str, str] = jwt.decode(self.log_in(who), options={"verify_signature": False})
        return claims["sid"]

    def add_person(self, who: str, role: Role) -> None:
        """Make an account with a verified address."""
        self.emails[who] = f"{secrets.token_hex(8)}@example.com"
        self.ids[who] = self.operator.create_user(
            email=self.emails[who], password=Secret(PASSWORD), display_name=who.title(), role=role
        )

    def add_celebrity(self, agent: str) -> Celebrity:
        """Put somebody who is always free on an agent's roster."""
        now = datetime.now(UTC)
        celebrity_id = new_id("cel", now)
        timing = OfferingTiming.from_minutes(
            duration=60, slot=60, buffer_before=0, buffer_after=0, minimum_notice=0
        )
        offering = Offering(
            id=owned_id("off", celebrity_id, "01"),
            title="An appearance",
            kind="appearance",
            mode=Mode.INSTANT,
            timing=timing,
            price=100_000,
            currency="EUR",
            deposit_share=2_500,
            cancellation_policy=(),
        )
        celebrity = Celebrity(
            id=celebrity_id,
            slug=celebrity_id.lower().replace("_", "-"),
            name="Zoë Núñez",
            category="music",
            country="ES",
            time_zone="UTC",
            languages=("es",),
            bio="",
            media=(),
            agent_id=self.ids[agent],
            offerings=(offering,),
            created_at=now,
        )
        always = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)]
        schedule = Schedule.from_plain({"weekly": always, "overrides": []})
        CatalogStore(self.tables, self.names["catalog"]).add(celebrity, schedule)
        return celebrity

    def add_offering(self, celebrity: Celebrity) -> str:
        """Give the celebrity a second offering in place of any other second one, and return its id."""
        made = replace(
            celebrity.offerings[0], id=new_owned_id("off", celebrity.id, datetime.now(UTC)), title="Another"
        )
        CatalogStore(self.tables, self.names["catalog"]).change(
            celebrity.id, lambda known, hours: (replace(known, offerings=(known.offerings[0], made)), hours)
        )
        return made.id

    def add_block(self, celebrity: Celebrity) -> str:
        """Block an hour that nobody else wants, and return the block's id."""
        self._blocked += 1
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start += timedelta(days=200, hours=self._blocked)
        blocks = Blocks(tables=self.tables, table=self.names["bookings"], clock=lambda: datetime.now(UTC))
        return blocks.add(celebrity.id, Interval(start, start + timedelta(hours=1)), "").id

    def add_upload(self, agent: str) -> str:
        """Note a file that is published already, and return its upload's id."""
        now = datetime.now(UTC)
        upload = Upload(
            id=new_id("upl", now),
            owner_id=self.ids[agent],
            purpose=Purpose.PHOTO,
            content_type="image/png",
            size=100,
            published_size=90,
            ttl=int((now + timedelta(days=1)).timestamp()),
        )
        self.tables.write(Put(self.names["bookings"], upload.item()))
        return upload.id

    def book(self, who: str, celebrity: Celebrity, *, days: int = 10) -> str:
        """Book the celebrity so many days from now, over the route, and return the booking's id."""
        day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
        body = {"offering_id": celebrity.offerings[0].id, "start": f"{day}T18:00:00Z", "time_zone": "UTC"}
        answer = self.call(
            "POST", "/v1/bookings", token=self.token(who), body=body, Idempotency_Key=secrets.token_hex(8)
        )
        assert answer.status == 201, answer.text
        return str(answer.body["id"])


def _forget_clients() -> None:
    clients.forget()
    stored_secrets.secret.cache_clear()


@contextmanager
def running_functions(emulator: RunningEmulator, *, rate_limits: str = "off") -> Iterator[RunningFunctions]:
    """Compose every function from an environment, as a deployed one is; undone at the end.

    Limits are off where they are not the subject: one address and one session make many calls.
    """
    made = emulator.fresh_tables()
    resources.secret(emulator.url, resources.CURSOR_SECRET, secrets.token_urlsafe(32))
    resources.secret(emulator.url, resources.PAYMENT_SECRET, json.dumps(resources.payment_keys()))
    monitoring_token = resources.monitoring_token(emulator.url)
    resources.sender(emulator.url, resources.MAIL_FROM.rpartition("@")[2])
    found = resources.Resources(
        tables=made.names,
        stream_arn=made.stream_arn,
        signing_key_id=resources.signing_key(emulator.url),
        cursor_secret_id=resources.CURSOR_SECRET,
        payment_secret_id=resources.PAYMENT_SECRET,
        monitoring_secret_id=resources.MONITORING_SECRET,
        undelivered_events_url="http://queue.test/undelivered",
        media_bucket=resources.bucket(emulator.url, resources.MEDIA_BUCKET),
    )
    settings = function_settings(
        found, emulator_url=emulator.url, base_url="https://greenroom.test", provider_url=emulator.url
    )
    with pytest.MonkeyPatch.context() as environment:
        settings |= {
            "CORS_ORIGINS": "https://booking.test",
            "RATE_LIMITS": rate_limits,
            "CDN_URL": f"{emulator.url}/{resources.MEDIA_BUCKET}",
            # A busy machine is not ill.
            "HEALTH_TABLE_SECONDS": "30",
            "HEALTH_EXTERNAL_SECONDS": "30",
        }
        for name, value in settings.items():
            environment.setenv(name, value)
        _forget_clients()
        tables = Tables(clients.client("dynamodb"))
        functions = {}
        for table in TABLES:
            module = importlib.import_module(f"functions.{table.function}.main")
            functions[table.function] = Function(module.routes, module.compose)
        running = RunningFunctions(
            functions=functions,
            tables=tables,
            names=made.names,
            operator=operator(
                tables, identity_table=made.names["identity"], limits_table=made.names["limits"]
            ),
            monitoring_token=monitoring_token,
            settings=settings,
        )
        for who, role in ROLES.items():
            running.add_person(who, role)
        yield running
        _forget_clients()
