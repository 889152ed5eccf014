"""What is offered can be booked, what is not offered cannot, and nothing free is taken."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.calendar.availability import check_bookable, days_to_read, free_slots
from greenroom.calendar.days import Claim, DayDocument, claim, live_claims
from greenroom.calendar.intervals import Interval
from greenroom.calendar.refusals import OutsideAvailability, SlotTaken
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.calendar.zones import find_zone
from tests.unit.calendar.naive_hours import TURNS, naive_open_minutes, naive_windows
from tests.unit.calendar.samples import CELEBRITY, DAY, MINUTE, UNHURRIED, booked, hold, schedules

TIMINGS = st.builds(
    OfferingTiming.from_minutes,
    duration=st.sampled_from([1, 15, 30, 45, 90, 600]),
    slot=st.sampled_from([5, 15, 30, 60, 77]),
    buffer_before=st.sampled_from([0, 0, 10, 45, 300]),
    buffer_after=st.sampled_from([0, 0, 15, 120]),
    minimum_notice=st.sampled_from([0, 0, 60, 1440]),
)
SCENES = settings(UNHURRIED, max_examples=80)


def _midnight(around: date) -> datetime:
    return datetime.combine(around, time(), UTC)


@st.composite
def calendars(draw: st.DrawFn, around: date, now: datetime) -> dict[date, DayDocument]:
    """Draw the documents of the days around a date, with holds (some expired) and bookings in them."""
    docs = {day: DayDocument(CELEBRITY, day) for day in (around + n * DAY for n in range(-4, 5))}
    for number in range(draw(st.integers(0, 8))):
        start = _midnight(around) + draw(st.integers(-36 * 12, 36 * 12)) * 5 * MINUTE
        interval = Interval(start, start + draw(st.sampled_from([5, 30, 60, 240, 1500])) * MINUTE)
        lasting = draw(st.sampled_from([None, -1, 0, 1]))
        wanted = (
            booked(f"bkg_{number}", interval)
            if lasting is None
            else hold(f"bkg_{number}", interval, now + lasting * MINUTE)
        )
        try:
            changed = claim([docs[day] for day in interval.utc_days()], wanted, now - DAY)
        except SlotTaken:
            continue
        docs |= {doc.day: doc for doc in changed}
    return docs


class Scene:
    """One search: a schedule, an offering and a calendar around a date at which clocks may change."""

    def __init__(self, data: st.DataObject) -> None:
        self.zone, self.around = data.draw(st.sampled_from(TURNS))
        self.query_zone = data.draw(st.sampled_from([self.zone, "UTC", "Asia/Tokyo", "America/Los_Angeles"]))
        self.schedule: Schedule = data.draw(schedules(self.around))
        self.timing: OfferingTiming = data.draw(TIMINGS)
        self.now = _midnight(self.around) + data.draw(st.integers(-48 * 60, 24 * 60)) * MINUTE
        self.from_date = self.around + data.draw(st.integers(-1, 0)) * DAY
        self.to_date = self.from_date + data.draw(st.integers(0, 1)) * DAY
        self.docs = data.draw(calendars(self.around, self.now))

    def slots(self, claims: list[Claim]) -> list[datetime]:
        return free_slots(
            self.schedule,
            find_zone(self.zone),
            self.timing,
            claims,
            from_date=self.from_date,
            to_date=self.to_date,
            query_zone=find_zone(self.query_zone),
            now=self.now,
        )

    def read(self) -> list[DayDocument]:
        days = days_to_read(
            self.timing,
            from_date=self.from_date,
            to_date=self.to_date,
            query_zone=find_zone(self.query_zone),
            now=self.now,
        )
        return [self.docs[day] for day in days]

    def book(self, start: datetime) -> list[DayDocument]:
        check_bookable(start, self.schedule, find_zone(self.zone), self.timing, self.now)
        wanted = booked("bkg_new", self.timing.claimed(start))
        return claim([self.docs[day] for day in wanted.interval.utc_days()], wanted, self.now)


@given(data=st.data())
@SCENES
def test_every_free_slot_is_bookable_and_gone_once_it_is_booked(data: st.DataObject) -> None:
    scene = Scene(data)

    slots = scene.slots(live_claims(scene.read(), scene.now))

    for start in slots[:: max(1, len(slots) // 10)]:
        booking = {doc.day: doc for doc in scene.book(start)}
        after = [booking.get(doc.day, doc) for doc in scene.read()]
        remaining = scene.slots(live_claims(after, scene.now))
        assert start not in remaining
        assert set(remaining) < set(slots)


@given(data=st.data())
@SCENES
def test_free_slots_are_exactly_those_found_minute_by_minute(data: st.DataObject) -> None:
    scene = Scene(data)
    timing, claims = scene.timing, live_claims(scene.docs.values(), scene.now)
    open_minutes = naive_open_minutes(scene.schedule, scene.zone, scene.around)
    taken = [(held.interval.start, held.interval.end) for held in claims]

    def is_free(start: datetime, opening: datetime) -> bool:
        end = start + timing.duration
        return (
            (start - opening) % timing.slot == timedelta()
            and start >= scene.now + timing.minimum_notice
            and scene.from_date <= start.astimezone(ZoneInfo(scene.query_zone)).date() <= scene.to_date
            and all(start + n * MINUTE in open_minutes for n in range(timing.duration // MINUTE))
            and all(
                until <= start - timing.buffer_before or end + timing.buffer_after <= since
                for since, until in taken
            )
        )

    expected = {
        window.start + n * MINUTE
        for window in naive_windows(scene.schedule, scene.zone, scene.around)
        for n in range((window.end - window.start) // MINUTE)
        if is_free(window.start + n * MINUTE, window.start)
    }

    assert scene.slots(claims) == sorted(expected)


@given(data=st.data())
@SCENES
def test_a_start_in_the_search_that_is_not_listed_is_refused(data: st.DataObject) -> None:
    scene = Scene(data)
    slots = set(scene.slots(live_claims(scene.read(), scene.now)))
    zone = ZoneInfo(scene.query_zone)
    start = _midnight(scene.around) + data.draw(st.integers(-24 * 12, 24 * 12)) * 5 * MINUTE
    listed = start in slots or not scene.from_date <= start.astimezone(zone).date() <= scene.to_date

    if not listed:
        try:
            scene.book(start)
        except (OutsideAvailability, SlotTaken):
            return
        raise AssertionError(f"{start} was booked though it was not listed")
