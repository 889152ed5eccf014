"""Taking one's data along and leaving, over the routes, as real people with real sessions."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from greenroom.actors import Role
from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.model import Policy
from greenroom.bookings.store import BookingStore
from greenroom.privacy import portability
from greenroom.privacy.cleaning import Cleaner
from tests.support.emulator import RunningEmulator
from tests.support.functions import PASSWORD, ROLES, Answer, RunningFunctions, running_functions

pytestmark = pytest.mark.xdist_group("permissions")


@pytest.fixture(scope="module")
def running(emulator: RunningEmulator) -> Iterator[RunningFunctions]:
    with running_functions(emulator) as made:
        yield made


def newcomer(running: RunningFunctions, who: str, role: Role = Role.BUYER) -> str:
    running.add_person(who, role)
    return running.token(who)


def export(running: RunningFunctions, who: str, cursor: str | None = None) -> Answer:
    query = f"cursor={quote(cursor)}" if cursor else ""
    return running.call("POST", "/v1/me/export", token=running.token(who), query=query)


def everything(running: RunningFunctions, who: str) -> list[dict[str, Any]]:
    pages = [export(running, who).body]
    while pages[-1]["next_cursor"]:
        pages.append(export(running, who, pages[-1]["next_cursor"]).body)
    return pages


@pytest.fixture(scope="module")
def booked(running: RunningFunctions) -> list[str]:
    """Three bookings of a traveller, with two agents."""
    newcomer(running, "traveller")
    ids = []
    for days, agent in ((60, "agent"), (70, "other agent"), (80, "agent")):
        ids.append(running.book("traveller", running.add_celebrity(agent), days=days))
        running.call(
            "POST",
            "/v1/bookings/{booking_id}/withdraw",
            token=running.token("traveller"),
            body={"reason": f"My reason {days}"},
            parameters={"booking_id": ids[-1]},
            If_Match="*",
        )
    return ids


def test_a_person_takes_along_all_and_no_secret(running: RunningFunctions, booked: list[str]) -> None:
    answer = export(running, "traveller")

    assert answer.status == 200, answer.text
    document = answer.body
    assert document["account"]["email"] == running.emails["traveller"]
    assert [session["current"] for session in document["sessions"]] == [True]
    assert document["security"] == {"authenticator_app": False, "passkeys": []}
    assert [each["booking"]["id"] for each in document["bookings"]] == booked
    assert [[event["type"] for event in each["events"]] for each in document["bookings"]] == [
        ["booked", "withdrawn"]
    ] * 3
    assert document["bookings"][0]["events"][1]["reason"] == "My reason 60"
    assert document["next_cursor"] is None
    for word in (PASSWORD, "hash", "digest", running.token("traveller")):
        assert word not in answer.text


def test_what_is_too_much_for_one_answer_comes_in_parts_and_nothing_twice(
    running: RunningFunctions, booked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = everything(running, "traveller")
    for most in (1, 600, 1500, 2500):
        monkeypatch.setattr(portability.page_of, "__defaults__", (most,))

        pages = everything(running, "traveller")

        assert len(pages) > 1
        events = [
            (each["booking"]["id"], event["version"])
            for page in pages
            for each in page["bookings"]
            for event in each["events"]
        ]
        assert events == [(booking_id, version) for booking_id in booked for version in (1, 2)]
        assert {json.dumps(page["account"]) for page in pages} == {json.dumps(whole["account"])}


def test_an_agent_takes_along_the_bookings_of_the_roster_and_not_the_buyers_secrets(
    running: RunningFunctions, booked: list[str]
) -> None:
    document = export(running, "agent").body

    shown = {each["booking"]["id"]: each for each in document["bookings"]}
    assert set(shown) == {booked[0], booked[2]}
    assert {each["side"] for each in shown.values()} == {"agent"}


@pytest.mark.parametrize("who", ["other buyer", "admin"])
def test_nobody_takes_along_anothers_bookings(running: RunningFunctions, booked: list[str], who: str) -> None:
    assert export(running, who).body["bookings"] == []
    assert not any(booking_id in export(running, who).text for booking_id in booked)


@pytest.mark.parametrize("who", ["other buyer", "agent"])
def test_a_cursor_of_anothers_export_opens_nothing(
    running: RunningFunctions, booked: list[str], who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portability.page_of, "__defaults__", (1,))
    cursor = export(running, "traveller").body["next_cursor"]

    assert booked
    assert export(running, who, cursor).told == (400, "invalid_cursor")


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/me/export"), ("DELETE", "/v1/me")])
def test_both_take_a_login_of_the_last_minutes(running: RunningFunctions, method: str, path: str) -> None:
    newcomer(running, "idler")
    sessions = running.call("GET", "/v1/auth/sessions", token=running.token("idler")).body["items"]
    for session in sessions:
        running.tables.client.update_item(
            TableName=running.names["limits"],
            Key={"pk": {"S": f"SESSION#{session['id']}"}, "sk": {"S": "SESSION"}},
            UpdateExpression="ADD authenticated_at :earlier",
            ExpressionAttributeValues={":earlier": {"N": "-301"}},
        )

    answer = running.call(method, path, token=running.token("idler"))

    assert answer.told == (403, "fresh_login_required")
    running.forget("idler")


def test_who_leaves_is_gone_at_once_and_forgotten_by_the_bookings_soon(
    running: RunningFunctions, booked: list[str]
) -> None:
    token, user_id = running.token("traveller"), running.ids["traveller"]

    answer = running.call("DELETE", "/v1/me", token=token)

    assert answer.status == 204, answer.text
    assert running.call("GET", "/v1/me", token=token).told == (401, "unauthenticated")
    login = {"email": running.emails["traveller"], "password": PASSWORD}
    assert running.call("POST", "/v1/auth/login", body=login).told == (401, "invalid_credentials")
    now = datetime.now(UTC)
    store = BookingStore(running.tables, running.names["bookings"])
    for moment in (now, now + timedelta(minutes=16)):
        clock = lambda moment=moment: moment  # noqa: E731
        Cleaner(BookingDesk(store=store, policy=Policy(), clock=clock), clock).run()
    for booking_id in booked:
        shown = [
            running.call(
                "GET", path, token=running.token("admin"), parameters={"booking_id": booking_id}
            ).text
            for path in ("/v1/bookings/{booking_id}", "/v1/bookings/{booking_id}/events")
        ]
        assert user_id not in "".join(shown)
        assert "My reason" not in "".join(shown)
    agents = running.call("GET", "/v1/bookings", token=running.token("agent"), query="limit=100").body
    assert {booked[0], booked[2]} <= {each["id"] for each in agents["items"]}


def test_an_agent_with_a_roster_is_kept_and_an_admin_is_the_operators(running: RunningFunctions) -> None:
    running.add_celebrity("other agent")

    def refused(who: str) -> tuple[int, str | None]:
        return running.call("DELETE", "/v1/me", token=running.token(who)).told

    assert refused("other agent") == (409, "roster_not_empty")
    assert refused("admin") == (403, "forbidden")
    assert all(running.call("GET", "/v1/me", token=running.token(who)).status == 200 for who in ROLES)
