"""A booking house over any tables: a celebrity, her offerings, buyers, a clock, a provider, the functions."""

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Secret

from functions.bookings.routes import BookingsApp
from functions.bookings.routes import routes as booking_routes
from functions.payments.routes import PaymentsApp
from functions.payments.routes import routes as payment_routes
from greenroom.actors import Actor, Role
from greenroom.bookings.desk import BookingDesk, Wish
from greenroom.bookings.model import Booking, Payment, PaymentKind, Policy
from greenroom.bookings.shapes import booking_view
from greenroom.bookings.store import BookingStore
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.cancellation import Tier
from greenroom.catalog.model import Celebrity, Mode, Offering
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identifiers import new_id, owned_id
from greenroom.identity.principal import Principal
from greenroom.payments.cashier import Cashier
from greenroom.refusals import Unauthenticated
from greenroom.storage.idempotency import Idempotency
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from tests.support.all_items import all_items
from tests.support.gate import gate
from tests.support.paper_provider import PaperProvider

# Far ahead: the emulator drops what has expired by the machine's own clock.
NOW = datetime(2046, 11, 2, 9, tzinfo=UTC)
SLOT = datetime(2046, 12, 1, 18, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOLD = timedelta(minutes=15)

AGENT_ID = "usr_00000000000000000000000009"
AGENT = Actor(Role.AGENT, AGENT_ID)
_OPEN = Schedule.from_plain(
    {
        "weekly": [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)],
        "overrides": [
            {"date": "2046-12-24", "windows": []},
            {"date": "2046-12-23", "windows": [{"start": "09:00", "end": "17:00"}]},
        ],
    }
)


def buyer(number: int = 1) -> Actor:
    """Return a buyer; each number is another one."""
    return Actor(Role.BUYER, f"usr_{number:026d}")


@dataclass
class Clock:
    """Stands still until a test moves it; ``skewed`` gives a caller's own, wrong by a constant."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, duration: timedelta) -> None:
        self.now += duration


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def fields(self) -> list[str]:
        """The fields that a refusal names."""
        return [error["field"] for error in self.body.get("errors", [])]


def _offerings(celebrity_id: str) -> tuple[Offering, ...]:
    def offering(suffix: str, minutes: int, **changes: Any) -> Offering:
        timing = OfferingTiming.from_minutes(
            duration=minutes, slot=15, buffer_before=30, buffer_after=30, minimum_notice=60
        )
        usual = Offering(
            id=owned_id("off", celebrity_id, suffix),
            title="An appearance",
            kind="appearance",
            mode=Mode.INSTANT,
            timing=timing,
            price=100_000,
            currency="EUR",
            deposit_share=2_500,
            cancellation_policy=(Tier(30, 10_000), Tier(7, 5_000)),
        )
        return replace(usual, **changes)

    return (
        offering("01", 120),
        offering("02", 3 * 24 * 60),
        offering("03", 120, mode=Mode.REQUEST),
        offering("04", 120, deposit_share=0),
        offering("05", 120, active=False),
    )


@dataclass
class World:
    """What a test acts on. ``dynamodb`` is the emulator's client, the one in memory, or one that crashes."""

    dynamodb: Any
    catalog_table: str = "catalog"
    bookings_table: str = "bookings"
    clock: Any = field(default_factory=Clock)
    provider: Any = field(default_factory=PaperProvider)
    celebrity_id: str = ""

    def __post_init__(self) -> None:
        self.tables = Tables(self.dynamodb)
        self.store = BookingStore(self.tables, self.bookings_table)
        self.desk = BookingDesk(
            store=self.store, policy=Policy(), clock=self.clock, catalog_table=self.catalog_table
        )
        self.cashier = Cashier(self.desk, self.provider, self.clock)
        if not self.celebrity_id:
            self._engage()
        self.bookings_function = Function(booking_routes, lambda: self._composition(self._bookings_app()))
        self.payments_function = Function(
            payment_routes, lambda: self._composition(PaymentsApp(desk=self.desk, cashier=self.cashier))
        )

    def _engage(self) -> None:
        self.celebrity_id = new_id("cel", NOW)
        celebrity = Celebrity(
            id=self.celebrity_id,
            slug=self.celebrity_id.lower(),
            name="Zoë Núñez",
            category="music",
            country="ES",
            time_zone="UTC",
            languages=("es",),
            bio="",
            media=(),
            agent_id=AGENT_ID,
            offerings=_offerings(self.celebrity_id),
            created_at=NOW,
        )
        CatalogStore(self.tables, self.catalog_table).add(celebrity, _OPEN)

    def over(self, *, dynamodb: Any = None, provider: Any = None, clock: Any = None) -> "World":
        """Return the same house reached through another client, provider or clock."""
        return replace(
            self,
            dynamodb=dynamodb or self.dynamodb,
            provider=provider or self.provider,
            clock=clock or self.clock,
        )

    def skewed(self, skew: timedelta) -> "World":
        """Return the house as seen by a caller whose clock is wrong by ``skew``."""
        return self.over(clock=lambda: self.clock() + skew)

    def _bookings_app(self) -> BookingsApp:
        return BookingsApp(desk=self.desk, cursors=Cursors(lambda: Secret("secret")))

    def _composition(self, app: Any) -> Composition[Any]:
        return Composition(app=app, admission=gate(_principal), clock=self.clock)

    def offering(self, number: int = 1) -> str:
        """Return an offering: 1 two hours, 2 three days, 3 on request, 4 without a deposit, 5 withdrawn."""
        return owned_id("off", self.celebrity_id, f"{number:02d}")

    def book(
        self, start: datetime = SLOT, *, offering: int = 1, by: int = 1, key: str | None = None
    ) -> Booking:
        """Book as a buyer, straight at the desk."""
        wish = Wish(offering_id=self.offering(offering), start=start.isoformat(), time_zone="UTC")
        keyed = self.keyed(key, wish, buyer(by).id)
        return self.desk.book(wish, buyer(by).id, keyed, lambda made: ({}, _content(made)))

    def pay(
        self, booking_id: str, kind: str = "deposit", *, key: str | None = None
    ) -> tuple[Booking, Payment]:
        """Start a payment, straight at the cashier."""
        keyed = self.keyed(key, kind, booking_id)
        return self.cashier.start(booking_id, PaymentKind(kind), keyed, lambda made, _: ({}, _content(made)))

    def confirmed(self, start: datetime = SLOT) -> Booking:
        """Book, pay and let the provider tell."""
        booking, payment = self.pay(self.book(start).id)
        self.cashier.receive(self.provider.pay(payment.id))
        return self.store.get(booking.id)

    def keyed(self, key: str | None, body: Any, who: str) -> Idempotency:
        """Return a keyed request as the gateway would; without a key it gets one of its own."""
        return Idempotency.of(
            principal_id=who,
            route="POST",
            header=key or secrets.token_hex(8),
            body=str(body),
            now=int(self.clock().timestamp()),
            keep_seconds=24 * 3600,
        )

    def items(self, table: str | None = None) -> list[Item]:
        """Return every item of the bookings table, or of another."""
        return all_items(self.dynamodb, table or self.bookings_table)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Actor | None = None,
        verified: bool = True,
        headers: dict[str, str] | None = None,
        query: dict[str, list[str]] | None = None,
        booking_id: str | None = None,
    ) -> Answer:
        """Call a function as the gateway does; ``path`` is its resource."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if by is not None:
            sent["Authorization"] = f"Bearer {by.role} {by.id} {'verified' if verified else ''}"
        event = {
            "httpMethod": method,
            "resource": path,
            "path": path.replace("{booking_id}", booking_id or ""),
            "pathParameters": {"booking_id": booking_id} if booking_id else None,
            "multiValueHeaders": {name: [value] for name, value in {**sent, **(headers or {})}.items()},
            "multiValueQueryStringParameters": query,
            "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "192.0.2.1"}},
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        payments = path.endswith(("/payments", "/refunds", "/ledger")) or "webhooks" in path
        answer = (self.payments_function if payments else self.bookings_function)(event)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def act(self, booking: Booking, deed: str, body: Any = None, *, by: Actor, **headers: str) -> Answer:
        """POST a step of a booking, by the version that the actor knows."""
        tags = {"If-Match": f'"{booking.version}"', **headers}
        path = f"/v1/bookings/{{booking_id}}/{deed}"
        return self.call("POST", path, body or {}, by=by, booking_id=booking.id, headers=tags)

    def wish(self, start: datetime | str = SLOT, offering: int = 1, **changes: Any) -> dict[str, Any]:
        """Return a booking request's body."""
        text = start if isinstance(start, str) else start.isoformat()
        return {"offering_id": self.offering(offering), "start": text, "time_zone": "UTC", **changes}

    def request(self, body: Any, *, by: int = 1, key: str | None = None) -> Answer:
        """POST a booking."""
        headers = {"Idempotency-Key": key or secrets.token_hex(8)}
        return self.call("POST", "/v1/bookings", body, by=buyer(by), headers=headers)


def _principal(token: str) -> Principal:
    role, _, rest = token.partition(" ")
    user_id, _, verified = rest.partition(" ")
    if not user_id:
        raise Unauthenticated
    return Principal(user_id, Role(role), "ses_1", bool(verified))


def _content(booking: Booking) -> bytes:
    return booking_view(booking, Role.BUYER).model_dump_json().encode()
