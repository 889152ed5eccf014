"""The check that finds double bookings finds them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.load.calendars import overlapping


def booking(identifier: str, start: str, end: str, **more: str) -> dict[str, Any]:
    times = {edge: f"2027-05-01T{clock}:00Z" for edge, clock in (("start", start), ("end", end))}
    return {"id": identifier, "state": "confirmed", "celebrity_id": "c", **times, **more}


def found(*bookings: dict[str, Any], buffer: int = 0) -> list[tuple[str, str]]:
    return overlapping(bookings, lambda _: (timedelta(minutes=buffer), timedelta(minutes=buffer)))


NINE = booking("nine", "09:00", "10:00")


def test_neighbours_that_touch_do_not_overlap() -> None:
    assert found(booking("ten", "10:00", "11:00"), NINE) == []


def test_a_minute_in_common_is_found() -> None:
    assert found(booking("other", "09:59", "11:00"), NINE) == [("nine", "other")]


def test_the_same_slot_twice_is_found() -> None:
    assert found(NINE, booking("again", "09:00", "10:00")) == [("again", "nine")]


def test_buffers_are_time_too() -> None:
    assert found(booking("ten", "10:15", "11:00"), NINE, buffer=5) == []
    assert found(booking("ten", "10:15", "11:00"), NINE, buffer=10) == [("nine", "ten")]


def test_what_lies_inside_a_long_one_is_found_behind_a_short_one() -> None:
    day = booking("day", "08:00", "20:00")

    assert found(NINE, day, booking("noon", "12:00", "13:00")) == [("day", "nine"), ("day", "noon")]


@pytest.mark.parametrize(
    "other",
    [{"celebrity_id": "another"}, {"state": "expired"}, {"state": "requested"}, {"state": "cancelled"}],
)
def test_other_celebrities_and_bookings_without_a_claim_are_no_matter(other: dict[str, str]) -> None:
    assert found(NINE, booking("other", "09:00", "10:00", **other)) == []
