"""A celebrity with offerings of each sort, and opening hours, as samples."""

from dataclasses import replace
from datetime import UTC, datetime

from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.cancellation import Tier
from greenroom.catalog.model import Celebrity, Mode, Offering

OFFERING = Offering(
    id="off_101",
    title="Evening",
    kind="appearance",
    mode=Mode.INSTANT,
    timing=OfferingTiming.from_minutes(
        duration=120, slot=30, buffer_before=60, buffer_after=30, minimum_notice=1440
    ),
    price=125_000,
    currency="EUR",
    deposit_share=2_000,
    cancellation_policy=(Tier(30, 10_000), Tier(7, 5_000)),
)
DEAR = replace(OFFERING, id="off_102", mode=Mode.REQUEST, price=900_000)
FORMER = replace(OFFERING, id="off_103", price=1, active=False)
ZOE = Celebrity(
    id="cel_00000000000000000000000001",
    slug="zoe-nunez",
    name="Zoë Núñez",
    category="music",
    country="ES",
    time_zone="Europe/Madrid",
    languages=("es", "en"),
    bio="Sings.",
    media=("https://media.greenroom.test/zoe.jpg",),
    agent_id="usr_1",
    offerings=(DEAR, OFFERING, FORMER),
    created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)

HOURS = Schedule.from_plain(
    {
        "weekly": [{"weekday": 0, "start": "09:00", "end": "24:00"}],
        "overrides": [{"date": "2027-01-01", "windows": []}],
    }
)
