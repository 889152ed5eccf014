"""Celebrities and their listing rows as stored items."""

from dataclasses import replace

from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
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
from tests.support.celebrities import FORMER, OFFERING, ZOE


def test_a_stored_celebrity_reads_back_as_it_was() -> None:
    assert celebrity_from(decode_item(encode_item(celebrity_item(ZOE)))) == ZOE


def test_a_listing_row_folds_the_name_and_has_what_active_offerings_cost_and_reach() -> None:
    yen = replace(
        OFFERING,
        id="off_104",
        currency="JPY",
        price=7,
        timing=OfferingTiming.from_minutes(duration=600, slot=30),
    )
    row = row_from(decode_item(encode_item(row_item(replace(ZOE, offerings=(*ZOE.offerings, yen))))))

    assert (row.celebrity_id, row.name, row.time_zone) == (ZOE.id, "zoe nunez", "Europe/Madrid")
    assert row.prices == {"EUR": (125_000, 900_000), "JPY": (7,)}
    assert row.languages == ("es", "en")
    assert row.reach == (60, 600)


def test_who_has_no_active_offering_has_no_price_and_reaches_nowhere() -> None:
    row = row_from(decode_item(encode_item(row_item(replace(ZOE, offerings=(FORMER,))))))

    assert (row.prices, row.reach) == ({}, (0, 0))


def test_a_stored_schedule_reads_back_and_without_one_nobody_is_ever_open() -> None:
    plain = {"weekly": [{"weekday": 0, "start": "09:00", "end": "24:00"}], "overrides": []}
    schedule = Schedule.from_plain(plain)

    assert schedule_from(decode_item(encode_item(schedule_item(ZOE.id, schedule, 1)))) == schedule
    assert schedule_from(None) == Schedule()


def test_an_offering_that_is_no_longer_active_is_neither_shown_nor_found() -> None:
    assert [offering.id for offering in celebrity_view(ZOE).offerings] == ["off_102", "off_101"]
    assert ZOE.offering("off_103") is None
    assert ZOE.offering("off_101") is OFFERING
