"""A list goes on where it stopped, for who began it and as it was asked for; for nothing else."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from greenroom.actors import Role
from tests.support.emulator import RunningEmulator
from tests.support.functions import Answer, RunningFunctions, running_functions

pytestmark = pytest.mark.xdist_group("permissions")


@pytest.fixture(scope="module")
def running(emulator: RunningEmulator) -> Iterator[RunningFunctions]:
    with running_functions(emulator) as functions:
        celebrities = [functions.add_celebrity("agent") for _ in range(3)]
        for who in ("buyer", "other buyer"):
            for days, celebrity in enumerate(celebrities, start=10 if who == "buyer" else 20):
                functions.book(who, celebrity, days=days)
        yield functions


def listed(running: RunningFunctions, who: str, query: str) -> Answer:
    return running.call("GET", "/v1/bookings", token=running.token(who), query=query)


def first_cursor(running: RunningFunctions, who: str = "buyer", query: str = "limit=1") -> str:
    cursor = listed(running, who, query).body["next_cursor"]
    assert isinstance(cursor, str)
    return quote(cursor)


def test_pages_hold_each_booking_once_and_end(running: RunningFunctions) -> None:
    whole = [item["id"] for item in listed(running, "buyer", "limit=100").body["items"]]
    page = listed(running, "buyer", "limit=1").body
    seen = page["items"]
    while page["next_cursor"]:
        page = listed(running, "buyer", f"limit=1&cursor={quote(page['next_cursor'])}").body
        assert len(page["items"]) <= 1
        seen += page["items"]

    assert [item["id"] for item in seen] == whole
    assert len(whole) == 3


def test_another_limit_does_not_make_it_another_list(running: RunningFunctions) -> None:
    answer = listed(running, "buyer", f"limit=50&cursor={first_cursor(running)}")

    assert len(answer.body["items"]) == 2


@pytest.mark.parametrize("who", ["other buyer", "agent", "other agent", "admin"])
def test_a_cursor_is_its_callers_own(running: RunningFunctions, who: str) -> None:
    assert listed(running, who, f"limit=1&cursor={first_cursor(running)}").told == (400, "invalid_cursor")


@pytest.mark.parametrize(
    "more", ["state=confirmed", "role=agent", "role=buyer", "from=2020-01-01", "to=2099-01-01"]
)
def test_a_cursor_is_its_querys_own(running: RunningFunctions, more: str) -> None:
    answer = listed(running, "buyer", f"limit=1&{more}&cursor={first_cursor(running)}")

    assert answer.told == (400, "invalid_cursor")


def test_a_cursor_of_one_role_does_not_open_another_roles_list(running: RunningFunctions) -> None:
    running.add_person("rising", Role.BUYER)
    celebrity = running.add_celebrity("agent")
    for days in (30, 31):
        running.book("rising", celebrity, days=days)
    cursor = first_cursor(running, "rising")

    running.operator.grant_role(email=running.emails["rising"], role=Role.AGENT)

    assert listed(running, "rising", f"limit=1&cursor={cursor}").told == (400, "invalid_cursor")


def test_a_cursor_of_the_catalogue_continues_its_own_query_only(running: RunningFunctions) -> None:
    def catalogue(query: str) -> Answer:
        return running.call("GET", "/v1/celebrities", query=query)

    first = catalogue("limit=1").body
    cursor = quote(first["next_cursor"])
    second = catalogue(f"limit=1&cursor={cursor}")

    assert second.status == 200
    assert second.body["items"] != first["items"]
    for query in (f"sort=newest&cursor={cursor}", f"q=zoe&cursor={cursor}", f"cursor={cursor[:-6]}"):
        assert catalogue(query).told == (400, "invalid_cursor")
    assert catalogue(f"cursor={first_cursor(running)}").told == (400, "invalid_cursor")
    assert listed(running, "buyer", f"cursor={cursor}").told == (400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["", "x", "%00", "AAAA", "e30", "%C3%BC", "A" * 2000])
def test_what_is_no_cursor_is_refused(running: RunningFunctions, cursor: str) -> None:
    answer = listed(running, "buyer", f"cursor={cursor}")

    assert answer.told in {(400, "invalid_cursor"), (422, "invalid_request")}
    assert (answer.status == 422) == (cursor == "%00")
