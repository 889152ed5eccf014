"""For each function, requests that together need every permission of its role, and how each of them went.

A scenario is run once as it should go. Run again, it is followed only until something goes otherwise.

A new permission needs a step here that fails without it, and a new ``Target`` a line in ``roles.py``.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from greenroom.aws.client import DYNAMODB
from greenroom.identifiers import new_id
from greenroom.privacy.jobs import Job, Jobs
from greenroom.storage import keys
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, Update
from local.deploy.clients import client
from local.deploy.stage import Deployment
from local.resources import own_client
from local.streams import stream_event
from tests.deploy.visitors import Told, Visitor
from tests.support.files import FILES, PURPOSES

PASSWORD = "four green rooms, please"


def auth(visitor: Visitor) -> Iterator[Told]:
    """Sign up, log in, look at one's sessions, change what proves who one is, export all, leave."""
    email = f"{secrets.token_hex(8)}@example.com"
    proof = {"email": email, "password": PASSWORD}
    yield visitor.told("POST", "/v1/auth/register", {**proof, "display_name": "A fan"})
    yield visitor.told("POST", "/v1/auth/verify-email", {"token": visitor.mailed(email)})
    answer = visitor.ask("POST", "/v1/auth/login", proof)
    yield "login", answer.status_code
    used = {"refresh_token": answer.json()["refresh_token"]}
    answer = visitor.ask("POST", "/v1/auth/refresh", used)
    yield "refresh", answer.status_code
    visitor.token = answer.json()["access_token"]
    yield visitor.told("GET", "/v1/me")
    yield visitor.told("GET", "/v1/auth/sessions")
    yield visitor.told("PATCH", "/v1/me", {"display_name": "Another"})
    yield visitor.told("POST", "/v1/auth/mfa/totp", {})
    change = {"current_password": PASSWORD, "new_password": PASSWORD[::-1], "end_other_sessions": True}
    yield visitor.told("POST", "/v1/auth/password-change", change)
    yield visitor.told("POST", "/v1/auth/password-reset", {"email": email})
    visitor.book()
    answer = visitor.ask("POST", "/v1/me/export")
    yield "export", (answer.status_code, len(answer.json().get("bookings", [])))
    # Of what fits into one part there is no other; but to refuse a cursor takes the secret, too.
    yield visitor.told("POST", f"/v1/me/export?cursor={'A' * 60}")
    yield visitor.told("DELETE", "/v1/me")
    yield visitor.told("GET", "/v1/me")


def catalog(visitor: Visitor) -> Iterator[Told]:
    """Search page by page, look at somebody, see when they are free; as an agent, add somebody."""
    yield visitor.told("GET", "/v1/celebrities?limit=2")
    cursor = visitor.ask("GET", "/v1/celebrities?limit=2").json()["next_cursor"]
    yield visitor.told("GET", f"/v1/celebrities?limit=2&cursor={cursor}")
    celebrity = visitor.ask("GET", "/v1/celebrities/june-okafor").json()
    yield "found", celebrity.get("slug")
    day, offering = datetime.now(UTC).date() + timedelta(days=9), celebrity["offerings"][0]["id"]
    yield visitor.told(
        "GET", f"/v1/celebrities/{celebrity['id']}/availability?from={day}&to={day}&offering_id={offering}"
    )
    visitor.log_in("agent")
    yield visitor.told("GET", "/v1/roster")
    somebody = {"name": "A New Face", "category": "music", "country": "FR", "languages": ["fr"]}
    answer = visitor.ask("POST", "/v1/celebrities", {**somebody, "time_zone": "Europe/Paris"})
    yield "add", answer.status_code
    blocks = f"/v1/celebrities/{answer.json()['id']}/blocks"
    answer = visitor.ask("POST", blocks, {"start": f"{day}T10:00:00", "end": f"{day}T12:00:00"})
    yield "block", answer.status_code
    yield "unblock", visitor.ask("DELETE", f"{blocks}/{answer.json()['id']}").status_code
    # These come last, for an agent may not send many.
    for content_type in ("image/jpeg", "video/mp4"):
        yield from _published(visitor, content_type)


def _published(visitor: Visitor, content_type: str) -> Iterator[Told]:
    """Send a file and have it published. A photo is written anew for that, a film copied."""
    wish = {
        "purpose": PURPOSES[content_type],
        "content_type": content_type,
        "size": len(FILES[content_type]),
    }
    answer = visitor.ask("POST", "/v1/uploads", wish)
    yield f"begin {content_type}", answer.status_code
    upload = answer.json()
    sent = visitor.trial.http.post(upload["url"], data=upload["fields"], files={"file": FILES[content_type]})
    yield f"send {content_type}", sent.status_code
    answer = visitor.ask("POST", f"/v1/uploads/{upload['id']}/complete")
    yield f"complete {content_type}", answer.status_code
    waiting = client("s3", visitor.deployment.emulator_url).list_objects_v2(
        Bucket=visitor.deployment.stacks.resource("data", "AWS::S3::Bucket", "Media"),
        Prefix=upload["fields"]["key"],
    )
    yield f"in quarantine {content_type}", waiting["KeyCount"]


def bookings(visitor: Visitor) -> Iterator[Told]:
    """Book, look at it from both sides, page by page."""
    visitor.log_in("buyer")
    answer = visitor.book()
    yield "book", answer.status_code
    booking = answer.json()["id"]
    yield "show", visitor.ask("GET", f"/v1/bookings/{booking}").status_code
    yield "events", visitor.ask("GET", f"/v1/bookings/{booking}/events").status_code
    visitor.book()
    page = visitor.ask("GET", "/v1/bookings?limit=1")
    yield "a buyer's", (page.status_code, "ratelimit" in page.headers)
    cursor = page.json()["next_cursor"]
    yield "the next page", visitor.ask("GET", f"/v1/bookings?limit=1&cursor={cursor}").status_code
    visitor.log_in("agent")
    yield visitor.told("GET", "/v1/bookings?limit=1")


def payments(visitor: Visitor) -> Iterator[Told]:
    """Begin to pay, hear from the provider that it was paid, and see where the money is."""
    visitor.log_in("buyer")
    booking = visitor.book().json()["id"]
    answer = visitor.pay(booking)
    yield "pay", (answer.status_code, "ratelimit" in answer.headers)
    yield "webhook", visitor.capture(answer.json()["id"])
    yield "ledger", visitor.ask("GET", f"/v1/bookings/{booking}/ledger").status_code


def health(visitor: Visitor) -> Iterator[Told]:
    """See how all is, as everybody, as the monitor and as an admin."""

    def checks(path: str) -> Told:
        answer = visitor.ask("GET", path)
        found = {each["name"]: each["status"] for each in answer.json().get("checks", [])}
        return path, (answer.status_code, found)

    for path in ("/health/database", "/health/cache", "/health/external"):
        yield checks(path)
    visitor.token = json.loads(visitor.deployment.demo_file.read_text("utf-8"))["monitoring_token"]
    answer = visitor.ask("GET", "/metrics")
    yield "metrics", (answer.status_code, answer.json().get("metrics") is not None)
    visitor.log_in("admin")
    yield visitor.told("GET", "/health/detailed")


def outbox(visitor: Visitor) -> Iterator[Told]:
    """Mail a booking's event from the stream, set one apart that is none, and look whether any was missed."""
    visitor.log_in("buyer")
    # Not of before: the replay would wait for mails that another run left held.
    since = datetime.now(UTC)
    booking = visitor.book().json()["id"]
    event = _event(visitor.deployment, booking)
    (record,) = event["Records"]
    broken = {**record, "dynamodb": {**record["dynamodb"], "NewImage": {"kind": {"S": "event"}}}}
    before = _undelivered(visitor.deployment)
    told = visitor.invoke("outbox", {"Records": [record, broken]})
    yield "to come again", len(told["batchItemFailures"]) if isinstance(told, dict) else told
    yield "set apart", _undelivered(visitor.deployment) - before
    span = {"since": since, "until": datetime.now(UTC)}
    replayed = visitor.invoke(
        "outbox", {"replay": {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in span.items()}}
    )
    yield "replay", "failed" if replayed == "failed" else "done"
    yield "mails held", _held(visitor.deployment, booking)


def sweeper(visitor: Visitor) -> Iterator[Told]:
    """Expire a booking that is due, pay back what one that was called off has paid, forget who has left."""
    visitor.log_in("buyer")
    paid = visitor.book().json()["id"]
    visitor.capture(visitor.pay(paid).json()["id"])
    known = visitor.ask("GET", f"/v1/bookings/{paid}").headers["ETag"]
    visitor.ask("POST", f"/v1/bookings/{paid}/cancel", {}, **{"If-Match": known})
    due, left = (visitor.book().json()["id"] for _ in range(2))
    now, past = datetime.now(UTC), "2026-01-01T00:00:00Z"
    job = Job.new(new_id("usr", now), now - timedelta(hours=1))
    tables, table = Tables(own_client(DYNAMODB, visitor.deployment.emulator_url)), _table(visitor.deployment)
    jobs = Jobs(tables, table)
    tables.write(
        Update(table, keys.booking(due), assign={"deadline": past, "due_at": past}, when=EXISTS),
        # Who has left had made it.
        Update(table, keys.booking(left), assign={"buyer_id": job.user_id}, when=EXISTS),
        jobs.creation(job),
    )
    # How many that were is not told: a sweep that failed leaves what it did not do to the next one.
    yield "sweep", "failed" if visitor.invoke("sweeper", {}) == "failed" else "done"
    found = tables.batch_get({table: [keys.booking(due), keys.booking(left)]})
    yield "due", found[table, keys.booking(due)]["state"]
    forgotten = found[table, keys.booking(left)]["buyer_id"] == job.pseudonym(left)
    yield "forgotten", (forgotten, jobs.get(job.user_id) is None)
    ledger = visitor.ask("GET", f"/v1/bookings/{paid}/ledger").json()
    yield "money", ([each["kind"] for each in ledger["items"]], ledger["refund_due"])


def smoke(visitor: Visitor) -> Iterator[Told]:
    """Try all versions of the release out."""
    told = visitor.invoke("smoke", {})
    yield "tried", {name: sorted(each) for name, each in told.items()} if isinstance(told, dict) else told


def _table(deployment: Deployment) -> str:
    return deployment.stacks.resource("data", "AWS::DynamoDB::Table", "TablesBookings")


def _undelivered(deployment: Deployment) -> int:
    """Return how many events are set apart."""
    url = deployment.stacks.resource("data", "AWS::SQS::Queue", "UndeliveredEvents")
    told = client("sqs", deployment.emulator_url).get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(told["Attributes"]["ApproximateNumberOfMessages"])


def _held(deployment: Deployment, booking: str) -> bool:
    """Tell whether a worker that ended still holds a mail of the booking."""
    marks = client("dynamodb", deployment.emulator_url).query(
        TableName=_table(deployment),
        KeyConditionExpression="pk = :pk",
        FilterExpression="kind = :mark AND #until > :now",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues={
            ":pk": {"S": f"BOOKING#{booking}"},
            ":mark": {"S": "mark"},
            ":now": {"S": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"},
        },
    )
    return bool(marks["Items"])


def _event(deployment: Deployment, booking: str) -> dict[str, Any]:
    """Return the stream's record of the first event of a booking."""
    dynamodb = client("dynamodb", deployment.emulator_url)
    table = dynamodb.describe_table(TableName=_table(deployment))["Table"]
    streams = client("dynamodbstreams", deployment.emulator_url)
    arn = table["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in streams.get_records(ShardIterator=iterator)["Records"]:
            image = record["dynamodb"].get("NewImage", {})
            if image.get("kind") == {"S": "event"} and booking in image["pk"]["S"]:
                return stream_event([record], arn)
    raise AssertionError(f"no event of {booking} in the stream")


SCENARIOS: dict[str, Callable[[Visitor], Iterator[Told]]] = {
    scenario.__name__: scenario
    for scenario in (auth, catalog, bookings, payments, health, outbox, sweeper, smoke)
}
