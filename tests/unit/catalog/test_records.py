"""Celebrities and their listing rows as stored items."""

from greenroom.calendar.schedules import Schedule
from greenroom.catalog.records import (
    celebrity_from,
    celebrity_item,
    row_from,
    row_item,
    schedule_from,
    schedule_item,
)
from greenroom.catalog.shapes import celebrity_view
from greenroom.storage.items import decode_item, encode_item
from tests.support.celebrities import OFFERING, ZOE


def test_a_stored_celebrity_reads_back_as_it_was() -> None:
    assert celebrity_from(decode_item(encode_item(celebrity_item(ZOE)))) == ZOE


def test_a_listing_row_folds_the_name_and_has_the_prices_of_active_offerings_in_order() -> None:
    row = row_from(decode_item(encode_item(row_item(ZOE))))

    assert (row.celebrity_id, row.name, row.prices) == (ZOE.id, "zoe nunez", (125_000, 900_000))


def test_a_stored_schedule_reads_back_and_without_one_nobody_is_ever_open() -> None:
    plain = {"weekly": [{"weekday": 0, "start": "09:00", "end": "24:00"}], "overrides": []}
    schedule = Schedule.from_plain(plain)

    assert schedule_from(decode_item(encode_item(schedule_item(ZOE.id, schedule, 1)))) == schedule
    assert schedule_from(None) == Schedule()


def test_an_offering_that_is_no_longer_active_is_neither_shown_nor_found() -> None:
    assert [offering.id for offering in celebrity_view(ZOE).offerings] == ["off_102", "off_101"]
    assert ZOE.offering("off_103") is None
    assert ZOE.offering("off_101") is OFFERING
