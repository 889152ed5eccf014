"""The settings of every function that moves bookings on."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from greenroom.settings import Seconds, Settings

from .model import Policy


class BookingSettings(Settings):
    """The bookings table, and every duration of the domain."""

    bookings_table: str
    booking_hold_seconds: Seconds = 15 * 60
    booking_answer_seconds: Seconds = 7 * 24 * 3600
    booking_pay_seconds: Seconds = 24 * 3600
    offer_maximum_seconds: Seconds = 14 * 24 * 3600
    reschedule_answer_seconds: Seconds = 7 * 24 * 3600
    balance_open_seconds: Seconds = 24 * 3600
    commission_share: Annotated[int, Field(ge=0, le=10_000)] = 1000

    def policy(self) -> Policy:
        """Return the settings as the rules take them."""
        return Policy(
            hold=timedelta(seconds=self.booking_hold_seconds),
            answer=timedelta(seconds=self.booking_answer_seconds),
            pay=timedelta(seconds=self.booking_pay_seconds),
            offer_maximum=timedelta(seconds=self.offer_maximum_seconds),
            reschedule_answer=timedelta(seconds=self.reschedule_answer_seconds),
            balance_open=timedelta(seconds=self.balance_open_seconds),
            commission_share=self.commission_share,
        )
