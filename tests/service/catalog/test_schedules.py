"""Opening hours as agents set them: on the version they saw, for what is booked from then on."""

from typing import Any

import pytest

from tests.service.bookings.world import AGENT, DAY, SLOT, World
from tests.service.catalog.office import ONE, OTHER_AGENT, Office
from tests.service.identity.racing import at_once
from tests.support.memory_dynamodb import MemoryDynamoDB

SCHEDULE, AVAILABILITY = f"{ONE}/schedule", f"{ONE}/availability"
MONDAYS: dict[str, Any] = {
    "weekly": [{"weekday": 0, "start": "09:00", "end": "24:00"}],
    "overrides": [{"date": "2046-12-24", "windows": [{"start": "10:00", "end": "12:00"}]}],
}
CLOSED: dict[str, Any] = {"weekly": [], "overrides": []}


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


def put(office: Office, celebrity_id: str, body: Any, at: int | str | None) -> Any:
    return office.call("PUT", SCHEDULE, body, at=at, celebrity_id=celebrity_id)


def test_somebody_new_is_never_open_until_the_first_hours_are_set(office: Office) -> None:
    celebrity_id = office.engage()["id"]
    first = office.call("GET", SCHEDULE, celebrity_id=celebrity_id)

    answer = put(office, celebrity_id, MONDAYS, at=1)

    assert (first.body, first.headers["ETag"]) == (CLOSED, '"1"')
    assert (answer.status, answer.body, answer.headers["ETag"]) == (200, MONDAYS, '"2"')
    shown = office.call("GET", SCHEDULE, celebrity_id=celebrity_id)
    assert (shown.body, shown.headers["ETag"]) == (MONDAYS, '"2"')
    seen = {"If-None-Match": shown.headers["ETag"]}
    assert office.call("GET", SCHEDULE, celebrity_id=celebrity_id, headers=seen).status == 304
    # Hours have a version of their own: the profile's stays.
    assert office.shown(celebrity_id)["version"] == 1


def test_hours_need_their_current_version_and_the_same_again_changes_none(office: Office) -> None:
    celebrity_id = office.engage()["id"]
    put(office, celebrity_id, MONDAYS, at=1)

    assert put(office, celebrity_id, CLOSED, at=None).code == "precondition_required"
    assert put(office, celebrity_id, CLOSED, at=1).code == "precondition_failed"
    again = put(office, celebrity_id, MONDAYS, at=2)
    assert (again.status, again.headers["ETag"]) == (200, '"2"')
    assert office.call("GET", SCHEDULE, celebrity_id=celebrity_id).body == MONDAYS


def test_of_twenty_who_set_the_hours_at_once_exactly_one_does(world: World) -> None:
    office = Office(world)
    celebrity_id = office.engage()["id"]
    ends = [f"{hour:02d}:30" for hour in range(1, 21)]

    def change() -> int:
        hours = {"weekly": [{"weekday": 1, "start": "00:00", "end": ends.pop()}], "overrides": []}
        status: int = put(office, celebrity_id, hours, at=1).status
        return status

    assert sorted(map(str, at_once(20, change))) == ["200", *["412"] * 19]
    assert office.call("GET", SCHEDULE, celebrity_id=celebrity_id).headers["ETag"] == '"2"'


def test_narrower_hours_leave_bookings_alone_and_take_slots_away(office: Office) -> None:
    world = office.world
    booked = world.confirmed()

    assert put(office, world.celebrity_id, CLOSED, at=1).status == 200

    assert world.store.get(booked.id) == booked
    later = world.request(world.wish(SLOT + DAY), by=2)
    assert (later.status, later.code) == (422, "outside_availability")
    query = {"from": "2046-12-02", "to": "2046-12-20", "offering_id": world.offering()}
    slots = office.call("GET", AVAILABILITY, by=None, query=query, celebrity_id=world.celebrity_id)
    assert slots.body["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "weekly"),
        ({"weekly": []}, "overrides"),
        (CLOSED | {"zone": "UTC"}, "zone"),
        ({**CLOSED, "weekly": [{"weekday": 7, "start": "09:00", "end": "10:00"}]}, "weekly.0.weekday"),
        ({**CLOSED, "weekly": [{"weekday": True, "start": "09:00", "end": "10:00"}]}, "weekly.0.weekday"),
        ({**CLOSED, "weekly": [{"weekday": 0, "start": "9:00", "end": "10:00"}]}, "weekly.0.start"),
        ({**CLOSED, "weekly": [{"weekday": 0, "start": "09:00", "end": "24:01"}]}, "weekly.0.end"),
        ({**CLOSED, "weekly": [{"weekday": 0, "start": "10:00", "end": "10:00"}]}, "weekly.0.end"),
        (
            {
                **CLOSED,
                "weekly": [
                    {"weekday": 0, "start": "09:00", "end": "11:00"},
                    {"weekday": 0, "start": "10:59", "end": "12:00"},
                ],
            },
            "weekly.1",
        ),
        ({**CLOSED, "overrides": [{"date": "2046-02-30", "windows": []}]}, "overrides.0.date"),
        ({**CLOSED, "overrides": [{"date": "2046-W01-1", "windows": []}]}, "overrides.0.date"),
        ({**CLOSED, "overrides": [{"date": "2046-12-24", "windows": []}] * 2}, "overrides.1.date"),
    ],
)
def test_hours_that_break_a_rule_are_refused_by_field(office: Office, body: Any, field: str) -> None:
    celebrity_id = office.engage()["id"]

    answer = put(office, celebrity_id, body, at=1)

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.fields[0] == field
    assert office.call("GET", SCHEDULE, celebrity_id=celebrity_id).headers["ETag"] == '"1"'


def test_the_largest_schedule_that_a_body_can_hold_is_kept(office: Office) -> None:
    windows = [
        {"start": f"{hour:02d}:{minute:02d}", "end": f"{hour:02d}:{minute + 20:02d}"}
        for hour in range(3)
        for minute in (0, 30)
    ]
    dates = [
        f"{year}-{month:02d}-{day:02d}"
        for year in (2046, 2047)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    body = {"weekly": [], "overrides": [{"date": date, "windows": windows} for date in dates]}
    celebrity_id = office.engage()["id"]

    assert put(office, celebrity_id, body, at=1).status == 200
    assert office.call("GET", SCHEDULE, celebrity_id=celebrity_id).body == body


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_agents_hours_look_like_none(office: Office, method: str) -> None:
    celebrity_id = office.engage()["id"]
    body = MONDAYS if method == "PUT" else None
    foreign, missing = (
        office.call(method, SCHEDULE, body, by=OTHER_AGENT, at="*", celebrity_id=each)
        for each in (celebrity_id, "cel_00000000000000000000000000")
    )

    assert (foreign.status, foreign.text) == (missing.status, missing.text)
    assert foreign.status == 404
    assert office.call("GET", SCHEDULE, by=AGENT, celebrity_id=celebrity_id).body == CLOSED
