"""Who is free on a date: what search says is what each celebrity's availability says, in two round trips."""

from datetime import datetime
from typing import Any

import pytest

from tests.service.bookings.world import HOUR, MINUTE, NOW, SLOT, World
from tests.service.catalog.office import LIST, ONE, Office
from tests.service.catalog.test_blocks import block
from tests.support.memory_dynamodb import MemoryDynamoDB

DATE = "2046-12-01"  # a Saturday
ALWAYS: dict[str, Any] = {
    "weekly": [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)],
    "overrides": [],
}


class Tripping:
    """A client that notes which operations were asked for, and how many keys of a batch."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.trips: list[str] = []
        self.most_keys = 0

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)

        def called(**request: Any) -> Any:
            self.trips.append(name)
            wanted = request.get("RequestItems", {})
            self.most_keys = max(self.most_keys, sum(len(each["Keys"]) for each in wanted.values()))
            return operation(**request)

        return called


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


def open_one(
    office: Office, name: str, hours: dict[str, Any] = ALWAYS, *, zone: str = "UTC", **offering: Any
) -> str:
    """Put somebody with an offering and opening hours on the roster, and return the id."""
    celebrity_id = str(office.engage(name=name, time_zone=zone)["id"])
    office.offer(celebrity_id, **{"price": {"amount": 100, "currency": "EUR"}, **offering})
    answer = office.call("PUT", f"{ONE}/schedule", hours, at=1, celebrity_id=celebrity_id)
    assert answer.status == 200, answer.text
    return celebrity_id


def search(office: Office, **query: str) -> list[str]:
    """Return the names on all pages together."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(50):
        answer = office.call("GET", LIST, by=None, query={"free_on": DATE, **query, **cursor})
        assert answer.status == 200, answer.text
        found += [item["name"] for item in answer.body["items"]]
        if answer.body["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.body["next_cursor"]}
    raise AssertionError("it never ends")


def windows(start: str, end: str, date: str = DATE) -> dict[str, Any]:
    return {"weekly": [], "overrides": [{"date": date, "windows": [{"start": start, "end": end}]}]}


def test_who_has_a_free_start_is_found_and_who_is_closed_booked_or_blocked_is_not(office: Office) -> None:
    # The world's own celebrity is Zoë, who is open all day.
    open_one(office, "Open", windows("18:00", "20:00"))
    open_one(office, "Too short", windows("18:00", "19:59"))
    open_one(office, "Another day", windows("18:00", "20:00", "2046-12-02"))
    office.engage(name="Nothing to offer")
    open_one(office, "Inactive", active=False)
    assert search(office) == ["Open", "Zoë Núñez"]

    block(office, datetime(2046, 12, 1, tzinfo=SLOT.tzinfo), 23 * HOUR)
    assert search(office) == ["Open", "Zoë Núñez"]  # there still is three in the morning of three days
    assert search(office, q="zoe", category="sport") == []
    block(office, datetime(2046, 12, 2, tzinfo=SLOT.tzinfo), 24 * HOUR)
    assert search(office) == ["Open"]


def test_a_hold_takes_the_last_start_until_it_passes(office: Office) -> None:
    celebrity_id = open_one(office, "Once", windows("18:00", "20:00"))
    offering_id = office.shown(celebrity_id)["offerings"][0]["id"]
    wish = {"offering_id": offering_id, "start": SLOT.isoformat(), "time_zone": "UTC"}
    assert office.world.request(wish).status == 201

    assert search(office, q="once") == []
    office.world.clock.advance(15 * MINUTE)
    assert search(office, q="once") == ["Once"]


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ({}, True),
        ({"buffer_before_minutes": 1}, False),
        ({"minimum_notice_minutes": 42_000}, True),
        ({"minimum_notice_minutes": 42_001}, False),
    ],
)
def test_buffers_and_notice_count(office: Office, minutes: dict[str, Any], found: bool) -> None:
    """A block ends where the window opens, 42,000 minutes from now."""
    assert (datetime(2046, 12, 1, 13, tzinfo=NOW.tzinfo) - NOW) / MINUTE == 42_000
    celebrity_id = open_one(office, "Tight", windows("13:00", "15:00"), slot_minutes=120, **minutes)
    answer = office.call(
        "POST",
        f"{ONE}/blocks",
        {"start": f"{DATE}T09:00", "end": f"{DATE}T13:00"},
        celebrity_id=celebrity_id,
    )
    assert answer.status == 201

    assert search(office, q="tight") == (["Tight"] if found else [])


def test_a_claim_of_another_utc_day_that_the_buffers_reach_counts(office: Office) -> None:
    celebrity_id = open_one(office, "Early", windows("00:00", "02:00"), buffer_before_minutes=60)
    for day, names in (("2046-11-30T22:00", ["Early"]), ("2046-11-30T23:30", [])):
        body = {"start": day, "end": f"{day[:14]}59"}
        answer = office.call("POST", f"{ONE}/blocks", body, celebrity_id=celebrity_id)
        assert answer.status == 201, answer.text
        assert search(office, q="early") == names


def test_a_date_is_that_of_the_asked_zone_or_of_each_celebritys_own(office: Office) -> None:
    # One in the morning in Tokyo is four in the afternoon, the day before, of UTC.
    open_one(office, "Tokyo", windows("01:00", "03:00"), zone="Asia/Tokyo")

    assert search(office, q="tokyo") == ["Tokyo"]
    assert search(office, q="tokyo", tz="Asia/Tokyo") == ["Tokyo"]
    assert search(office, q="tokyo", tz="UTC") == []
    assert search(office, q="tokyo", tz="UTC", free_on="2046-11-30") == ["Tokyo"]


@pytest.mark.parametrize("date", ["2046-11-01", "2048-05-03", "1970-01-01"])
def test_on_a_date_that_is_past_or_beyond_every_start_nobody_is_free(office: Office, date: str) -> None:
    assert search(office, free_on=date) == []


def test_the_first_and_the_last_date_that_can_be_booked_are_found(office: Office) -> None:
    assert search(office, free_on="2046-11-02") == search(office, free_on="2048-05-02") == ["Zoë Núñez"]


def test_a_page_costs_two_round_trips_and_pages_together_are_everybody_once(office: Office) -> None:
    names = [f"Name {number:03d}" for number in range(45)]
    for number, name in enumerate(names):
        open_one(office, name, ALWAYS if number % 3 else windows("00:00", "01:00"))
    free = [name for number, name in enumerate(names) if number % 3]
    counting = Tripping(office.world.dynamodb)
    counted = Office(office.world.over(dynamodb=counting))
    assert search(counted, category="music", q="name") == free
    for limit in ("100", "7", "1"):
        counting.trips.clear()
        assert search(counted, q="name", limit=limit, sort="-name") == free[::-1]
        pages = counting.trips.count("batch_get_item")
        assert counting.trips == ["get_item", "batch_get_item"] * pages
        assert pages >= len(free) // int(limit)
    assert counting.most_keys <= 100
    short = counted.call("GET", LIST, by=None, query={"free_on": DATE, "limit": "100"}).body
    assert 0 < len(short["items"]) < len(free)
    assert short["next_cursor"]


def test_search_and_availability_agree(office: Office) -> None:
    for number in range(6):
        celebrity_id = open_one(
            office, f"N {number}", windows(f"{number * 3:02d}:00", f"{number * 3 + 3:02d}:00")
        )
        body = {"start": f"{DATE}T06:{number}0", "end": f"{DATE}T{8 + number:02d}:00"}
        assert office.call("POST", f"{ONE}/blocks", body, celebrity_id=celebrity_id).status == 201

    def shows(item: dict[str, Any]) -> bool:
        query = {"from": DATE, "to": DATE, "offering_id": item["offerings"][0]["id"], "tz": zone}
        path = f"{ONE}/availability"
        return bool(office.call("GET", path, by=None, query=query, celebrity_id=item["id"]).body["items"])

    for zone in ("UTC", "America/Los_Angeles", "Pacific/Auckland"):
        everybody = office.call("GET", LIST, by=None, query={"limit": "100", "q": "n "}).body["items"]
        expected = [item["name"] for item in everybody if shows(item)]
        assert search(office, tz=zone, q="n ") == expected
        assert 0 < len(expected) < 6
