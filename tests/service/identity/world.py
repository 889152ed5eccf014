"""One identity service over the emulator: its services, its clock, its outgoing mails, its HTTP face."""

import json
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from pydantic import Secret

from functions.auth.routes import routes
from functions.auth.services import Services, services
from greenroom.gateway.admission import Admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identity.authentication import live_sessions, token_verifier
from greenroom.identity.grants import Grant
from greenroom.identity.operator import Operator, operator
from greenroom.identity.principal import Principal
from greenroom.identity.settings import IdentitySettings
from greenroom.mail import MailUnavailable
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from tests.support.all_items import all_items

PASSWORD = Secret("Zeitgeist-7-Äpfel")
OTHER_PASSWORD = Secret("Wolkenkuckucksheim")
# Far ahead: the emulator drops what has expired by the machine's own clock.
START = datetime(2046, 12, 1, 10, tzinfo=UTC)


def revealed(value: Secret[str] | str) -> str:
    """Return what a client holds, as it sends it."""
    return value.get_secret_value() if isinstance(value, Secret) else value


@dataclass
class SettableClock:
    """Stands still until a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class CollectingMailer:
    """Keeps what it is given; ``broken`` makes it refuse."""

    sent: list[EmailMessage] = field(default_factory=list)
    broken: bool = False

    def send(self, message: EmailMessage) -> None:
        if self.broken:
            raise MailUnavailable(retry_after=1)
        self.sent.append(message)

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.sent if message["To"] == address]

    def token_for(self, address: str) -> Secret[str]:
        """Return the token of the newest mail to an address."""
        found = re.search(r"\?token=([\w-]+)", self.to(address)[-1].get_content())
        assert found, "the newest mail holds a token"
        return Secret(found[1])


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class World:
    """What a test acts on. ``dynamodb`` and ``kms`` are the emulator's clients."""

    settings: IdentitySettings
    dynamodb: Any
    kms: Any
    clock: SettableClock = field(default_factory=SettableClock)
    mailer: CollectingMailer = field(default_factory=CollectingMailer)

    def __post_init__(self) -> None:
        self.tables = Tables(self.dynamodb)
        self.app: Services = services(
            self.settings,
            tables=self.tables,
            gate=self.tables,
            kms=self.kms,
            mailer=self.mailer,
            clock=self.clock,
        )
        self.admission = Admission(
            verify=token_verifier(self.settings, self.kms).verify,
            sessions=live_sessions(self.settings, self.tables),
        )
        self.operator: Operator = operator(
            self.tables,
            identity_table=self.settings.identity_table,
            limits_table=self.settings.limits_table,
            clock=self.clock,
        )
        self.handler = Function(
            routes,
            lambda: Composition(app=self.app, admission=self.admission, clock=self.clock),
        )

    def over(self, *, dynamodb: Any = None, kms: Any = None, mailer: Any = None) -> "World":
        """Return the same world reached through other clients."""
        return replace(
            self,
            dynamodb=dynamodb or self.dynamodb,
            kms=kms or self.kms,
            mailer=mailer or self.mailer,
        )

    def address(self, local_part: str = "ann") -> str:
        """Return an address that no other test uses."""
        return f"{local_part}.{secrets.token_hex(6)}@example.com"

    def registered(self, *, password: Secret[str] = PASSWORD) -> str:
        """Register somebody and return the address."""
        address = self.address()
        self.app.registration.register(address, password, "Ann")
        return address

    def verified(self, *, password: Secret[str] = PASSWORD) -> str:
        """Register somebody, verify the address and return it."""
        address = self.registered(password=password)
        self.app.registration.verify_email(self.mailer.token_for(address))
        return address

    def log_in(self, address: str, password: Secret[str] = PASSWORD) -> Grant:
        return self.app.login.log_in(address, password)

    def sessions(self, address: str, count: int) -> list[Grant]:
        """Open sessions without asking for the password each time, which takes its time."""
        user = self.app.users.by_email(address)
        assert user
        grants = []
        for _ in range(count):
            opened = self.app.sessions.opening(user, self.clock())
            self.tables.write(*opened.writes)
            access = self.app.login.opening.signer.issue(
                user_id=user.id,
                session_id=opened.session.id,
                role=user.role,
                not_after=opened.session.expires_at,
                now=self.clock(),
            )
            grants.append(Grant(access.text, access.seconds, opened.refresh_token))
        return grants

    def principal(self, access_token: Secret[str] | str) -> Principal:
        """Return whom every function takes the bearer for, now."""
        assert self.admission.sessions
        claims = self.admission.claims(Secret(revealed(access_token)), self.clock())
        return self.admission.sessions.principal(claims, self.clock())

    def items(self, table: str) -> list[Item]:
        return all_items(self.dynamodb, table)

    def sessions_of(self, user_id: str) -> dict[str, tuple[bool, bool]]:
        """Return each session of a user: whether its own item is there, and whether its liveness is."""
        own = {
            item["id"]
            for item in self.items(self.settings.identity_table)
            if item["pk"] == f"USER#{user_id}" and item["sk"].startswith("SESSION#")
        }
        live = {
            item["pk"].removeprefix("SESSION#")
            for item in self.items(self.settings.limits_table)
            if item.get("user_id") == user_id
        }
        return {session_id: (session_id in own, session_id in live) for session_id in own | live}

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: Secret[str] | str | None = None,
        **parameters: str,
    ) -> Answer:
        """Call a route by its template as the gateway does, with the values of what the path names."""
        headers = {"Content-Type": ["application/json"]} if body is not None else {}
        if token is not None:
            headers["Authorization"] = [f"Bearer {revealed(token)}"]
        event = {
            "httpMethod": method,
            "resource": path,
            "path": path.format_map(parameters),
            "pathParameters": parameters or None,
            "multiValueHeaders": headers,
            "multiValueQueryStringParameters": None,
            "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "192.0.2.1"}},
            "body": None if body is None else json.dumps(body, default=revealed),
            "isBase64Encoded": False,
        }
        answer = self.handler(event)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])
