from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from greenroom.bookings.model import Booking, State
from greenroom.calendar.intervals import Interval
from greenroom.calendar.zones import find_zone
from greenroom.messaging.calendar_files import Method, invite, publish
from tests.unit.messaging.scenes import MAIL_FROM, NOW, some_booking

# Halves and quarters of hours, no summer time, summer time abolished, a month of "winter" in spring, winter
# as the exception, the date line.
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Asia/Tokyo",
    "America/St_Johns",
    "Africa/Cairo",
    "Pacific/Apia",
)
INSTANTS = st.datetimes(datetime(2024, 1, 2), datetime(2032, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(second=0, microsecond=0)
)


def invitation(booking: Booking, attendee: str = "ada@buyers.test") -> bytes:
    return invite(booking, stamp=NOW, organizer=MAIL_FROM, attendee=attendee).content


def parse(content: bytes) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def lines(content: bytes) -> list[str]:
    """Unfold the file as RFC 5545 says."""
    return content.decode().replace("\r\n ", "").split("\r\n")


def instant_by_the_file(content: bytes, name: str) -> datetime:
    """Read a time by nothing but the file: its VTIMEZONE decides the offset, as RFC 5545 lays down."""
    calendar, event = parse(content)
    of_the_event = lines(content)[lines(content).index("BEGIN:VEVENT") :]
    (line,) = [line for line in of_the_event if line.startswith(name)]
    text = line.rpartition(":")[2]
    if text.endswith("Z"):
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert event[name].params["TZID"] == calendar.walk("VTIMEZONE")[0]["TZID"]
    wall = datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall time
    observances = calendar.walk("STANDARD") + calendar.walk("DAYLIGHT")
    # The newest that has begun by the wall clock. So a wall time that comes twice means the first of the two.
    begun = [part for part in observances if part["DTSTART"].dt <= wall]
    offset: timedelta = max(begun, key=lambda part: part["DTSTART"].dt)["TZOFFSETTO"].td
    return (wall - offset).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "start", "hours"),
    [
        pytest.param("Europe/Paris", "2026-03-29T00:30", 2, id="over the gap"),
        pytest.param("Europe/Paris", "2026-03-29T01:00", 1, id="from the first instant behind the gap"),
        pytest.param("Europe/Paris", "2026-03-29T01:30", 1, id="in the hour behind the gap"),
        pytest.param("Europe/Paris", "2026-10-25T00:30", 1, id="into the second of two equal hours"),
        pytest.param("Europe/Paris", "2026-10-25T01:30", 1, id="from the second of two equal hours"),
        pytest.param("Europe/Paris", "2026-10-25T01:00", 24, id="a day from the change on"),
        pytest.param("Australia/Lord_Howe", "2026-10-03T15:15", 1, id="half an hour forward"),
        pytest.param("Australia/Lord_Howe", "2026-04-04T14:30", 1, id="half an hour back"),
        pytest.param("Pacific/Kiritimati", "2026-12-31T09:30", 2, id="new year's eve, fourteen hours ahead"),
        pytest.param("America/Sao_Paulo", "2026-01-15T12:00", 3, id="where summer time was abolished"),
        pytest.param("America/Sao_Paulo", "2018-11-04T03:00", 1, id="a gap at midnight"),
        pytest.param("Africa/Casablanca", "2026-03-01T12:00", 2, id="in a month of another offset"),
        pytest.param("Europe/Dublin", "2026-07-01T12:00", 2, id="where winter is the exception"),
        pytest.param("Asia/Kathmandu", "2026-07-01T12:00", 2, id="three quarters of an hour"),
        pytest.param("America/New_York", "2026-12-30T12:00", 24 * 20, id="weeks into the next year"),
        pytest.param("America/New_York", "2026-03-01T12:00", 24 * 31, id="a month with a change"),
        pytest.param("UTC", "2026-07-01T12:00", 1, id="no zone"),
        pytest.param("Etc/UTC", "2026-07-01T12:00", 1, id="no zone by its other name"),
        pytest.param("Etc/GMT+12", "2026-07-01T12:00", 1, id="a fixed offset"),
    ],
)
def test_a_file_read_by_its_own_time_zone_gives_the_utc_instants(
    time_zone: str, start: str, hours: int
) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    interval = Interval(begin, begin + timedelta(hours=hours))

    content = invitation(some_booking(time_zone=time_zone, interval=interval))

    assert instant_by_the_file(content, "DTSTART") == interval.start
    assert instant_by_the_file(content, "DTEND") == interval.end


@settings(max_examples=150, deadline=None)
@given(time_zone=st.sampled_from(ZONES), start=INSTANTS, minutes=st.integers(1, 31 * 24 * 60))
def test_every_instant_survives_in_every_zone(time_zone: str, start: datetime, minutes: int) -> None:
    interval = Interval(start, start + timedelta(minutes=minutes))

    content = invitation(some_booking(time_zone=time_zone, interval=interval))
    _, event = parse(content)

    for name, instant in (("DTSTART", interval.start), ("DTEND", interval.end)):
        assert instant_by_the_file(content, name) == instant
        # And by a reader that knows the zone by its name.
        known = find_zone(time_zone) if "TZID" in event[name].params else UTC
        assert event[name].dt.replace(tzinfo=known).astimezone(UTC) == instant


@pytest.mark.parametrize("time_zone", ZONES)
def test_the_time_zone_holds_for_every_hour_of_the_event_s_year(time_zone: str) -> None:
    zone = find_zone(time_zone)
    interval = Interval(datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 1, 13, tzinfo=UTC))
    calendar, _ = parse(invitation(some_booking(time_zone=time_zone, interval=interval)))
    observances = calendar.walk("STANDARD") + calendar.walk("DAYLIGHT")
    onsets = sorted(
        (part["DTSTART"].dt - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td) for part in observances
    )

    instant = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC)
    while instant.astimezone(zone).year == 2026:
        offset = [offset for onset, offset in onsets if onset <= instant.replace(tzinfo=None)][-1]
        assert offset == instant.astimezone(zone).utcoffset(), instant
        instant += timedelta(hours=1)


def test_summer_is_called_daylight_time_even_where_the_law_has_it_the_other_way_round() -> None:
    calendar, _ = parse(invitation(some_booking(time_zone="Europe/Dublin")))

    assert {part["TZOFFSETTO"].td for part in calendar.walk("DAYLIGHT")} == {timedelta(hours=1)}
    assert {part["TZOFFSETTO"].td for part in calendar.walk("STANDARD")} == {timedelta()}


def test_a_time_in_the_meant_zone_is_written_as_that_wall_time() -> None:
    content = invitation(some_booking())

    assert "DTSTART;TZID=Europe/Paris:20261201T190000" in lines(content)
    assert "DTEND;TZID=Europe/Paris:20261201T210000" in lines(content)


@pytest.mark.parametrize(
    ("state", "method", "status"),
    [
        (State.REQUESTED, "REQUEST", "TENTATIVE"),
        (State.OFFERED, "REQUEST", "TENTATIVE"),
        (State.AWAITING_PAYMENT, "REQUEST", "TENTATIVE"),
        (State.CONFIRMED, "REQUEST", "CONFIRMED"),
        (State.COMPLETED, "REQUEST", "CONFIRMED"),
        (State.DECLINED, "CANCEL", "CANCELLED"),
        (State.WITHDRAWN, "CANCEL", "CANCELLED"),
        (State.EXPIRED, "CANCEL", "CANCELLED"),
        (State.CANCELLED, "CANCEL", "CANCELLED"),
    ],
)
def test_method_and_status_follow_the_state(state: State, method: str, status: str) -> None:
    booking = some_booking(state=state)

    mailed = invite(booking, stamp=NOW, organizer=MAIL_FROM, attendee="ada@buyers.test")
    calendar, event = parse(mailed.content)
    published, published_event = parse(publish(booking, stamp=NOW))

    assert (mailed.method, calendar["METHOD"], event["STATUS"]) == (Method(method), method, status)
    assert (published["METHOD"], published_event["STATUS"]) == ("PUBLISH", status)


def test_every_version_of_a_booking_is_the_same_entry_with_a_higher_sequence() -> None:
    first, second = some_booking(version=1, state=State.AWAITING_PAYMENT), some_booking(version=2)

    entries = [parse(invitation(booking))[1] for booking in (first, second)]

    assert [entry["UID"] for entry in entries] == [f"{first.id}@greenroom"] * 2
    assert [entry["SEQUENCE"] for entry in entries] == [1, 2]


def test_an_invitation_names_the_organizer_and_its_recipient_alone() -> None:
    _, event = parse(invitation(some_booking()))

    assert event["ORGANIZER"] == f"mailto:{MAIL_FROM}"
    assert event["ATTENDEE"] == "mailto:ada@buyers.test"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["DTSTAMP"].dt == NOW


def test_a_published_file_invites_nobody() -> None:
    _, event = parse(publish(some_booking(), stamp=NOW))

    assert "ATTENDEE" not in event
    assert "ORGANIZER" not in event


def test_what_is_not_known_is_left_out() -> None:
    _, event = parse(invitation(some_booking(venue="", brief="")))

    assert "LOCATION" not in event
    assert "DESCRIPTION" not in event


INJECTIONS = (
    "x\r\nATTENDEE:mailto:eve@evil.test",
    "x\nEND:VEVENT\nBEGIN:VEVENT",
    "x\rMETHOD:CANCEL",
    "x\x85ATTENDEE:mailto:eve@evil.test",
    "x\u2028ATTENDEE:mailto:eve@evil.test",
    "x\x0bATTENDEE:mailto:eve@evil.test\x0c\x00",
    "a;b,c:d\\n\\N\\;\"^n'",
    "\\",
    "é" * 200 + "\r\n ATTENDEE:x",
)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("field", ["celebrity_name", "offering_title", "venue", "brief"])
def test_nothing_typed_by_a_user_becomes_a_line_of_its_own(field: str, text: str) -> None:
    plain = lines(invitation(some_booking()))
    content = invitation(some_booking(**{field: text}))

    assert [line.partition(":")[0] for line in lines(content)] == [line.partition(":")[0] for line in plain]
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")


def test_text_is_escaped_as_the_standard_says() -> None:
    content = invitation(some_booking(venue='a;b, c\\d: "e"', brief="one\r\ntwo\\Nthree"))

    assert 'LOCATION:a\\;b\\, c\\\\d: "e"' in lines(content)
    assert "DESCRIPTION:one\\ntwo\\\\Nthree" in lines(content)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=300))
def test_no_line_is_longer_than_75_octets_and_visible_text_survives(text: str) -> None:
    content = invitation(some_booking(venue=text, brief=text))
    _, event = parse(content)

    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert str(event.get("LOCATION", "")).split() == _visible(text).split()
    assert str(event.get("DESCRIPTION", "")).split() == _visible(text).split()


def _visible(text: str) -> str:
    spaced = (character if not character.isspace() else " " for character in text)
    return "".join(character for character in spaced if character.isprintable() or character > "\xa0")


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("o'neil+tag@x.test", "mailto:o'neil+tag@x.test"),
        ('"a;b,c:d"@x.test', "mailto:%22a%3Bb%2Cc%3Ad%22@x.test"),
        ("a\r\nATTENDEE:mailto:eve@evil.test", "mailto:a%0D%0AATTENDEE%3Amailto%3Aeve@evil.test"),
    ],
)
def test_an_address_stays_within_its_line(address: str, uri: str) -> None:
    attendees = [line for line in lines(invitation(some_booking(), address)) if line.startswith("ATTENDEE")]

    assert attendees == [f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:{uri}"]


def test_the_same_booking_gives_the_same_bytes() -> None:
    booking = some_booking()

    assert invitation(booking) == invitation(replace(booking))
