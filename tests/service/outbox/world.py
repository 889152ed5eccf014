"""An outbox over the emulator's tables: bookings and events written, mails caught on their way out."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from threading import Lock
from typing import Any

from greenroom.actors import PROVIDER
from greenroom.aws.client import DYNAMODB
from greenroom.bookings.model import Booking, Event, EventType, State
from greenroom.bookings.records import booking_item, event_item
from greenroom.bookings.store import BookingStore
from greenroom.bookings.terms import Terms
from greenroom.calendar.intervals import Interval
from greenroom.identifiers import new_id
from greenroom.identity.contacts import contact
from greenroom.mail import Mailer, SesMailer
from greenroom.messaging.marks import Marks
from greenroom.messaging.outbox import Outbox
from greenroom.messaging.undelivered import Note, UndeliveredQueue
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import NEW, Put
from local.resources import client, own_client, queue
from local.streams import stream_event
from tests.support.emulator import RunningEmulator

START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BUYER, AGENT = "usr_00000000000000000000000001", "usr_00000000000000000000000002"
ADA, BO = "ada@buyers.test", "bo@agents.test"
DOMAIN = "greenroom.test"
MAIL_FROM = f"bookings@{DOMAIN}"


class Posted:
    """The mails that SES has accepted, as they were handed over."""

    def __init__(self, ses: Any) -> None:
        self._lock = Lock()
        self.raw: list[bytes] = []
        ses.meta.events.register("before-parameter-build.sesv2.SendEmail", self._sending)
        ses.meta.events.register("after-call.sesv2.SendEmail", self._sent)

    @staticmethod
    def _sending(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["mail"] = params["Content"]["Raw"]["Data"]

    def _sent(self, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        if http_response.status_code == 200:
            with self._lock:
                self.raw.append(context["mail"])

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]

    @property
    def letters(self) -> list[tuple[str, str]]:
        """Recipient and kind of each mail, in order."""
        return [(str(mail["To"]), str(mail["Subject"]).partition(":")[0]) for mail in self.messages]

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.messages]


@dataclass
class World:
    """Tables, clients and a clock of a test's own."""

    emulator: RunningEmulator
    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        fresh = self.emulator.fresh_tables()
        self.names, self.stream_arn = fresh.names, fresh.stream_arn
        self.dynamodb = own_client(DYNAMODB, self.emulator.url)
        self.ses = client("sesv2", self.emulator.url)
        self.streams = client("dynamodbstreams", self.emulator.url)
        self.tables = Tables(self.dynamodb)
        url = queue(self.emulator.url, f"undelivered-{uuid.uuid4().hex}")
        # One server's queue: no look needs to wait for others.
        self.queue = UndeliveredQueue(client("sqs", self.emulator.url), url, wait_seconds=0)
        self.posted = Posted(self.ses)
        for user_id, email, name in ((BUYER, ADA, "Ada Lovelace"), (AGENT, BO, "Bo Diddley")):
            item = {**keys.user(user_id)._asdict(), "email": email, "display_name": name}
            self.tables.write(Put(self.names["identity"], item))

    def outbox(self, mailer: Mailer | None = None) -> Outbox:
        """Return an outbox on this world's clock."""
        return Outbox(
            marks=Marks(self.tables, self.names["bookings"], lambda: self.now),
            mailer=mailer or SesMailer(lambda: self.ses),
            find_booking=BookingStore(self.tables, self.names["bookings"]).get,
            find_contact=lambda user_id: contact(self.tables, self.names["identity"], user_id),
            sender=Address("Greenroom", addr_spec=MAIL_FROM),
            public_url=f"https://{DOMAIN}",
        )

    def sleep(self, seconds: float) -> None:
        """Let the world's clock pass."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def book(self, booking_id: str | None = None, *, at: datetime | None = None) -> Item:
        """Write a confirmed booking with one event, and return the event's item."""
        booking = a_booking(booking_id or new_id("bkg", NOW))
        event = Event(
            version=1, type=EventType.CONFIRMED, actor=PROVIDER, reason="", at=at or NOW, changes={}
        )
        item = event_item(booking, event, new_id("evt", NOW))
        table = self.names["bookings"]
        self.tables.write(Put(table, booking_item(booking), when=NEW), Put(table, item, when=NEW))
        return item

    def append(self, item: Item, kind: EventType, state: State) -> Item:
        """Write one more event of the same booking, and return its item."""
        booking = a_booking(item["booking_id"], state=state, version=item["version"] + 1)
        event = Event(version=booking.version, type=kind, actor=PROVIDER, reason="", at=NOW, changes={})
        new = event_item(booking, event, new_id("evt", NOW))
        table = self.names["bookings"]
        self.tables.write(Put(table, booking_item(booking)), Put(table, new, when=NEW))
        return new

    def batch(self) -> dict[str, Any]:
        """Return everything on the stream so far as one event of Lambda's, through JSON and back."""
        records: list[Any] = []
        for shard in self.streams.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]["Shards"]:
            iterator = self.streams.get_shard_iterator(
                StreamArn=self.stream_arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            records += self.streams.get_records(ShardIterator=iterator)["Records"]
        event: dict[str, Any] = json.loads(json.dumps(stream_event(records, self.stream_arn)))
        return event

    @property
    def undelivered(self) -> list[Note]:
        """What the queue of undelivered events holds; all of it stays there."""
        found = self.queue.take(hold=timedelta(seconds=5))
        self.queue.give_back(found)
        return found

    def mark(self, item: Item, side: str) -> str | None:
        """Return the state of the mark of one mail."""
        found = self.tables.get(
            self.names["bookings"], keys.sent(item["booking_id"], item["version"], f"mail:{side}")
        )
        return found["state"] if found else None


def a_booking(booking_id: str, *, state: State = State.CONFIRMED, version: int = 1) -> Booking:
    """Return a booking of Ada's with Bo, two hours in Paris."""
    return Booking(
        id=booking_id,
        state=state,
        version=version,
        celebrity_id="cel_00000000000000000000000004",
        celebrity_name="Zoë Núñez",
        agent_id=AGENT,
        buyer_id=BUYER,
        offering_id="off_0000000000000000000000000401",
        offering_title="Evening appearance",
        interval=Interval(START, START + timedelta(hours=2)),
        buffer_before=timedelta(),
        buffer_after=timedelta(),
        time_zone="Europe/Paris",
        created_at=NOW,
        venue="Salle Pleyel",
        brief="Opening of the festival",
        currency="EUR",
        terms=Terms(
            version=1,
            fee=125_000,
            travel=0,
            deposit=25_000,
            commission=12_500,
            currency="EUR",
            start=START,
            end=START + timedelta(hours=2),
        ),
    )
