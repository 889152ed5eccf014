"""What an agent does about blocks over the API, and what the table must say of them afterwards."""

from datetime import datetime, timedelta
from typing import Any

from greenroom.calendar.days import live_claims
from greenroom.calendar.intervals import Interval, merged
from greenroom.storage.items import Item
from tests.service.bookings.truth import books
from tests.service.bookings.world import DAY, HOUR, SLOT, Answer
from tests.service.catalog.office import ONE, Office

BLOCKS, AVAILABILITY = f"{ONE}/blocks", f"{ONE}/availability"


BLOCK = f"{BLOCKS}/{{block_id}}"


LONG = 200 * DAY


def block(
    office: Office, start: datetime = SLOT, length: timedelta = HOUR, *, reason: str = "Travel", **more: Any
) -> Answer:
    body = {"start": start.isoformat(), "end": (start + length).isoformat(), "reason": reason}
    return office.call("POST", BLOCKS, body, celebrity_id=office.world.celebrity_id, **more)


def listed(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.call("GET", BLOCKS, celebrity_id=office.world.celebrity_id).body[
        "items"
    ]
    return found


def remove(office: Office, block_id: str) -> Answer:
    return office.call("DELETE", BLOCK, celebrity_id=office.world.celebrity_id, block_id=block_id)


def taken(office: Office, kind: str = "block") -> list[Interval]:
    """Return the time that claims of a kind take, as the day documents have it."""
    return merged(
        claim.interval
        for claim in live_claims(books(office.world).days, office.world.clock())
        if claim.kind == kind
    )


def check_whole(office: Office) -> None:
    """Check that what blocks say is exactly what is claimed, and that no two claims overlap."""
    found = books(office.world)
    found._check_days()
    said: dict[str, Interval] = {
        item["sk"]: Interval(*(datetime.fromisoformat(item[name]) for name in ("start", "end")))
        for item in block_items(office)
    }
    held: dict[str, set[Any]] = {}
    for document in found.days:
        for claim in document.claims.values():
            if claim.kind == "block":
                held.setdefault(claim.booking_id, set()).add(document.day)
    assert held == {block_id: set(interval.utc_days()) for block_id, interval in said.items()}
    assert taken(office) == merged(said.values())


def block_items(office: Office) -> list[Item]:
    return [item for item in office.world.items() if item["pk"].startswith("BLOCKS#")]


def free(office: Office, day: str = "2046-12-01") -> list[str]:
    query = {"from": day, "to": day, "offering_id": office.world.offering()}
    answer = office.call("GET", AVAILABILITY, by=None, query=query, celebrity_id=office.world.celebrity_id)
    return [item["start"] for item in answer.body["items"]]
