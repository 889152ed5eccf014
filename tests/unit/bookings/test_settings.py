"""The operator's settings, as the rules take them."""

from datetime import timedelta

import pytest

from greenroom.bookings.model import Policy
from greenroom.bookings.settings import BookingSettings
from greenroom.settings import InvalidSettings

LEAST = {"STAGE": "test", "BOOKINGS_TABLE": "bookings"}


def test_without_settings_the_rules_have_their_own_durations() -> None:
    assert BookingSettings.read(LEAST).policy() == Policy()


def test_each_setting_reaches_its_own_rule() -> None:
    seconds = {
        "BOOKING_HOLD_SECONDS": "1",
        "BOOKING_ANSWER_SECONDS": "2",
        "OFFER_MAXIMUM_SECONDS": "3",
        "BOOKING_PAY_SECONDS": "4",
        "RESCHEDULE_ANSWER_SECONDS": "5",
        "COMMISSION_SHARE": "6",
    }

    assert BookingSettings.read({**LEAST, **seconds}).policy() == Policy(
        hold=timedelta(seconds=1),
        answer=timedelta(seconds=2),
        offer_maximum=timedelta(seconds=3),
        pay=timedelta(seconds=4),
        reschedule_answer=timedelta(seconds=5),
        commission_share=6,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("BOOKING_HOLD_SECONDS", "0"), ("BOOKING_PAY_SECONDS", "1d"), ("COMMISSION_SHARE", "10001")],
)
def test_a_setting_that_makes_no_sense_stops_the_start_with_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings, match=name):
        BookingSettings.read({**LEAST, name: value})
