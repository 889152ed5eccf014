"""For each function, requests that together need every permission of its role, and how each of them went.

A scenario is run once as it should go. Run again, it is followed only until something goes otherwise.

A new permission needs a step here that fails without it, and a new ``Target`` a line in ``roles.py``.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from local.deploy.clients import client
from local.deploy.stage import Deployment
from local.streams import stream_event
from tests.deploy.visitors import Told, Visitor

PASSWORD = "four green rooms, please"


def auth(visitor: Visitor) -> Iterator[Told]:
    """Sign up, log in, look at one's sessions, change what one proves oneself by, and leave."""
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
    yield visitor.told("POST", "/v1/auth/logout")
    yield visitor.told("GET", "/v1/me")


def catalog(visitor: Visitor) -> Iterator[Told]:
    """Search page by page, look at somebody, see when they are free."""
    yield visitor.told("GET", "/v1/celebrities?limit=2")
    cursor = visitor.ask("GET", "/v1/celebrities?limit=2").json()["next_cursor"]
    yield visitor.told("GET", f"/v1/celebrities?limit=2&cursor={cursor}")
    celebrity = visitor.ask("GET", "/v1/celebrities/june-okafor").json()
    yield "found", celebrity.get("slug")
    day, offering = datetime.now(UTC).date() + timedelta(days=9), celebrity["offerings"][0]["id"]
    yield visitor.told(
        "GET", f"/v1/celebrities/{celebrity['id']}/availability?from={day}&to={day}&offering_id={offering}"
    )


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
    """Mail a booking's event from the stream, and look whether any was missed."""
    visitor.log_in("buyer")
    # Not of before: the replay would wait for mails that another run left held.
    since = datetime.now(UTC)
    booking = visitor.book().json()["id"]
    yield "stream", visitor.invoke("outbox", _event(visitor.deployment, booking))
    span = {"since": since, "until": datetime.now(UTC)}
    replayed = visitor.invoke(
        "outbox", {"replay": {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in span.items()}}
    )
    yield "replay", "failed" if replayed == "failed" else "done"
    yield "mails held", _held(visitor.deployment, booking)


def sweeper(visitor: Visitor) -> Iterator[Told]:
    """Expire a booking that is due, and pay back what one that was called off has paid."""
    visitor.log_in("buyer")
    paid = visitor.book().json()["id"]
    visitor.capture(visitor.pay(paid).json()["id"])
    known = visitor.ask("GET", f"/v1/bookings/{paid}").headers["ETag"]
    visitor.ask("POST", f"/v1/bookings/{paid}/cancel", {}, **{"If-Match": known})
    booking = visitor.book().json()["id"]
    key = {name: {"S": value} for name, value in (("pk", f"BOOKING#{booking}"), ("sk", "BOOKING"))}
    dynamodb = client("dynamodb", visitor.deployment.emulator_url)
    dynamodb.update_item(
        TableName=_table(visitor.deployment),
        Key=key,
        UpdateExpression="SET deadline = :past, due_at = :past",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00Z"}},
        ConditionExpression="attribute_exists(pk)",
    )
    yield "sweep", visitor.invoke("sweeper", {})
    ledger = visitor.ask("GET", f"/v1/bookings/{paid}/ledger").json()
    yield "money", ([each["kind"] for each in ledger["items"]], ledger["refund_due"])


def smoke(visitor: Visitor) -> Iterator[Told]:
    """Try all versions of the release out."""
    told = visitor.invoke("smoke", {})
    yield "tried", {name: sorted(each) for name, each in told.items()} if isinstance(told, dict) else told


def _table(deployment: Deployment) -> str:
    return deployment.stacks.resource("data", "AWS::DynamoDB::Table", "TablesBookings")


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
