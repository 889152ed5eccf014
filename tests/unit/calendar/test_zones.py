from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.calendar.refusals import AmbiguousLocalTime, NonexistentLocalTime
from greenroom.calendar.zones import (
    closing_instant,
    find_zone,
    format_local,
    opening_instant,
    resolve_start,
)
from greenroom.refusals import InvalidInput
from tests.unit.calendar.samples import UNHURRIED, at

SKIPPED = [
    ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-03-29T02:59", "2026-03-29 01:00"),
    ("America/New_York", "2026-03-08T02:30", "2026-03-08 07:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:00", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-10-04T02:29", "2026-10-03 15:30"),
    ("Africa/Cairo", "2026-04-24T00:30", "2026-04-23 22:00"),
    ("Asia/Beirut", "2026-03-29T00:00", "2026-03-28 22:00"),
    ("America/Sao_Paulo", "2018-11-04T00:59", "2018-11-04 03:00"),
    ("Pacific/Apia", "2011-12-30T00:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-30T23:59", "2011-12-30 10:00"),
]
"""A wall time in a gap, and the first instant after it."""

REPEATED = [
    ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25 00:00", "2026-10-25 01:00"),
    ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25 00:59", "2026-10-25 01:59"),
    ("America/New_York", "2026-11-01T01:30", "2026-11-01 05:30", "2026-11-01 06:30"),
    ("Australia/Lord_Howe", "2026-04-05T01:30", "2026-04-04 14:30", "2026-04-04 15:00"),
    ("Australia/Lord_Howe", "2026-04-05T01:59", "2026-04-04 14:59", "2026-04-04 15:29"),
    ("Africa/Cairo", "2026-10-29T23:30", "2026-10-29 20:30", "2026-10-29 21:30"),
    ("Asia/Beirut", "2026-10-24T23:00", "2026-10-24 20:00", "2026-10-24 21:00"),
    ("America/Sao_Paulo", "2018-02-17T23:15", "2018-02-18 01:15", "2018-02-18 02:15"),
]
"""A wall time in a fold, and both instants that bear it."""

DEFINITE = [
    ("UTC", "2026-12-31T23:59", "2026-12-31 23:59"),
    ("Asia/Kathmandu", "2027-01-01T00:00", "2026-12-31 18:15"),
    ("Europe/Berlin", "2028-02-29T12:00", "2028-02-29 11:00"),
    ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29 00:59"),
    ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-10-25T01:59", "2026-10-24 23:59"),
    ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25 02:00"),
    ("Australia/Lord_Howe", "2026-10-04T01:59", "2026-10-03 15:29"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-04-05T01:29", "2026-04-04 14:29"),
    ("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04 15:30"),
    ("Pacific/Apia", "2011-12-29T23:59", "2011-12-30 09:59"),
    ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30 10:00"),
    ("Africa/Cairo", "2026-10-30T00:00", "2026-10-29 22:00"),
    ("America/Sao_Paulo", "2018-11-04T01:00", "2018-11-04 03:00"),
]


@pytest.mark.parametrize(("zone", "wall", "instant"), DEFINITE)
def test_a_wall_time_is_made_definite_by_its_zone(zone: str, wall: str, instant: str) -> None:
    assert resolve_start(wall, zone) == at(instant)
    assert opening_instant(datetime.fromisoformat(wall), find_zone(zone)) == at(instant)
    assert closing_instant(datetime.fromisoformat(wall), find_zone(zone)) == at(instant)


@pytest.mark.parametrize(("zone", "wall", "after"), SKIPPED)
def test_a_skipped_wall_time_is_no_start_and_moves_hours_to_the_first_valid_instant(
    zone: str, wall: str, after: str
) -> None:
    with pytest.raises(NonexistentLocalTime) as refusal:
        resolve_start(wall, zone)

    assert (refusal.value.status, refusal.value.code) == (422, "nonexistent_local_time")
    assert refusal.value.field == "start"
    assert opening_instant(datetime.fromisoformat(wall), find_zone(zone)) == at(after)
    assert closing_instant(datetime.fromisoformat(wall), find_zone(zone)) == at(after)


@pytest.mark.parametrize(("zone", "wall", "earlier", "later"), REPEATED)
def test_a_repeated_wall_time_is_no_start_and_opens_early_and_closes_late(
    zone: str, wall: str, earlier: str, later: str
) -> None:
    with pytest.raises(AmbiguousLocalTime) as refusal:
        resolve_start(wall, zone)

    assert (refusal.value.status, refusal.value.code) == (422, "ambiguous_local_time")
    assert refusal.value.field == "start"
    assert opening_instant(datetime.fromisoformat(wall), find_zone(zone)) == at(earlier)
    assert closing_instant(datetime.fromisoformat(wall), find_zone(zone)) == at(later)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-25T02:30:00+02:00", "2026-10-25 00:30"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25 01:30"),
        ("2026-12-01T10:00:00Z", "2026-12-01 10:00"),
        ("2026-12-01t10:00:00z", "2026-12-01 10:00"),
        ("2026-12-01T10:00:00.000Z", "2026-12-01 10:00"),
        ("2026-12-01T10:00-09:30", "2026-12-01 19:30"),
        ("2027-01-01T00:30:00+14:00", "2026-12-31 10:30"),
        ("2026-12-01T10:00:00", "2026-12-01 09:00"),
    ],
)
def test_an_offset_says_which_instant_is_meant_whatever_the_zone(text: str, instant: str) -> None:
    resolved = resolve_start(text, "Europe/Berlin")

    assert resolved == at(instant)
    assert resolved.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-12-01",
        "2026-12-01 10:00",
        "2026-12-01T10",
        "2026-12-01T10:00:30Z",
        "2026-12-01T10:00:00.001",
        "2026-12-01T23:59:60Z",
        "2026-12-01T24:00",
        "2026-13-01T10:00",
        "2026-02-29T10:00",
        "2026-W49-2T10:00",
        "2026-12-01T10:00:00+24:00",
        "2026-12-01T10:00:00+01:60",
        "2026-12-01T10:00:00+0100",
        "2026-12-01T10:00:00Z ",
        "2026-12-01T10:00:00Z\n",
        "٢٠٢٦-12-01T10:00",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:00Z",
        "3000-01-01T00:00:00Z",
        "9999-12-31T23:59:00-14:00",
        "+2026-12-01T10:00",
    ],
)
def test_what_is_no_minute_of_a_sane_year_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        resolve_start(text, "Europe/Berlin")

    assert (refusal.value.code, refusal.value.field) == ("invalid_request", "start")


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00+14:00", "2999-12-31T23:59:00-14:00", "2999-12-31T23:59"]
)
def test_the_outermost_years_are_within_arithmetic(text: str) -> None:
    assert resolve_start(text, "Pacific/Kiritimati").tzinfo is UTC


def test_the_field_of_a_time_that_is_no_start_is_named_by_the_caller() -> None:
    with pytest.raises(InvalidInput) as malformed:
        resolve_start("soon", "UTC", field="end")
    with pytest.raises(NonexistentLocalTime) as skipped:
        resolve_start("2026-03-29T02:30", "Europe/Berlin", field="end")
    with pytest.raises(AmbiguousLocalTime) as repeated:
        resolve_start("2026-10-25T02:30", "Europe/Berlin", field="end")

    assert [caught.value.field for caught in (malformed, skipped, repeated)] == ["end"] * 3


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "Mars/Olympus",
        "europe/berlin",
        "Europe",
        "Europe/",
        "/etc/localtime",
        "../zones",
        "Europe/../Europe/Berlin",
        "right/Europe/Berlin",
        "posixrules",
        "localtime",
        "leapseconds",
        "Factory",
        "Europe/Berlin\0",
        "Europe/Berlin\nUTC",
        "+01:00",
        "CET-1CEST",
        "\ud800",
        "A" * 5000,
    ],
)
def test_a_name_that_is_no_zone_is_refused_by_field(name: str) -> None:
    with pytest.raises(InvalidInput) as of_start:
        resolve_start("2026-12-01T10:00:00Z", name)
    with pytest.raises(InvalidInput) as of_query:
        find_zone(name, field="tz")

    assert (of_start.value.code, of_start.value.field) == ("invalid_request", "time_zone")
    assert of_query.value.field == "tz"


def test_no_file_is_opened_for_a_name_that_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    find_zone("UTC")
    opened: list[Path] = []
    monkeypatch.setattr(Path, "open", lambda path, *_: opened.append(path))

    with pytest.raises(InvalidInput):
        find_zone("../../../../../../etc/passwd")

    assert opened == []


def test_zone_data_do_not_come_from_the_machine() -> None:
    zone = find_zone("Africa/Ouagadougou")

    assert zone is not ZoneInfo("Africa/Ouagadougou")
    assert zone is find_zone("Africa/Ouagadougou")
    assert zone.key == "Africa/Ouagadougou"


@pytest.mark.parametrize(
    ("instant", "zone", "local"),
    [
        ("2026-12-01 10:00", "Europe/Berlin", "2026-12-01T11:00:00+01:00"),
        ("2026-10-25 00:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25 01:30", "Europe/Berlin", "2026-10-25T02:30:00+01:00"),
        ("2026-12-31 20:00", "Asia/Kathmandu", "2027-01-01T01:45:00+05:45"),
        ("2026-12-01 10:00", "UTC", "2026-12-01T10:00:00+00:00"),
    ],
)
def test_local_text_is_the_wall_time_with_its_offset(instant: str, zone: str, local: str) -> None:
    assert format_local(at(instant), find_zone(zone)) == local


@given(
    st.sampled_from([*sorted({zone for zone, *_ in DEFINITE + SKIPPED}), "Antarctica/Troll", "Asia/Tehran"]),
    st.integers(0, 40 * 365 * 24 * 60),
)
@UNHURRIED
def test_local_text_with_its_offset_resolves_to_the_same_instant(zone: str, minutes: int) -> None:
    instant = at("2005-01-01 00:00") + timedelta(minutes=minutes)

    assert resolve_start(format_local(instant, find_zone(zone)), zone) == instant


@given(
    st.sampled_from([zone for zone, *_ in REPEATED] + ["Pacific/Apia", "Antarctica/Troll"]),
    st.integers(0, 40 * 365 * 24 * 60),
)
@UNHURRIED
def test_a_wall_time_resolves_to_the_one_instant_that_bears_it_if_there_is_one(
    zone: str, minutes: int
) -> None:
    wall = datetime(2005, 1, 1) + timedelta(minutes=minutes)  # noqa: DTZ001
    bearing = {
        reading
        for reading in (wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
        if reading.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    }

    if len(bearing) == 1:
        assert {resolve_start(wall.isoformat(), zone)} == bearing
    else:
        with pytest.raises(AmbiguousLocalTime if bearing else NonexistentLocalTime):
            resolve_start(wall.isoformat(), zone)
