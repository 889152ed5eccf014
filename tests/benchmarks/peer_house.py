"""What the peers work with: a table of their own with one booking, and the events of their two routes."""

from collections.abc import Callable
from typing import Any

from local.resources import client
from tests.support.functions import RunningFunctions

PEERS = {"resolver": "Powertools' resolver", "asgi": "FastAPI and Mangum", "cookbook": "the cookbook's read"}
"""By the module of each, what it is."""
READ, BOOK = "a booking", "book"
"""The two routes, by the names of ours that do the same job, and more."""
_BOOKING = "bkg_1"

Event = dict[str, Any]


def peer_table(emulator_url: str) -> str:
    """Make the table, put the booking in, and return the table's name."""
    dynamodb, name = client("dynamodb", emulator_url), "peers"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    texts = {
        "id": _BOOKING,
        "buyer_id": "usr_1",
        "offering_id": "off_1",
        "start": "2026-12-01T18:00:00Z",
        "time_zone": "UTC",
        "state": "confirmed",
        "currency": "EUR",
    }
    item = {key: {"S": text} for key, text in texts.items()}
    dynamodb.put_item(TableName=name, Item={**item, "fee": {"N": "100000"}, "version": {"N": "1"}})
    return name


def peer_routes(running: RunningFunctions) -> dict[str, Callable[[], Event]]:
    """Return what makes the next event, by route."""
    wish = {"offering_id": "off_1", "start": "2026-12-01T18:00:00Z", "time_zone": "UTC"}
    known = {"booking_id": _BOOKING}
    path = "/v1/bookings"
    return {
        READ: lambda: running.event(
            "GET", f"{path}/{{booking_id}}", token=running.token("buyer"), parameters=known
        ),
        BOOK: lambda: running.event("POST", path, token=running.token("buyer"), body=wish),
    }
