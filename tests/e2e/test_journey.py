"""The main job over HTTP, with every answer held against the OpenAPI document."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.journey import main_job
from tests.support.system import RunningSystem, running_system


@pytest.fixture(scope="session")
def client(system: RunningSystem) -> Iterator[Client]:
    with Client(system) as made:
        yield made


@pytest.fixture(scope="session")
def buyer(client: Client) -> dict[str, str]:
    return client.new_buyer()


def test_the_main_job_from_sign_up_to_mail(client: Client, buyer: dict[str, str]) -> None:
    confirmed, mail = main_job(client, buyer)

    (invitation,) = mail["attachments"]
    start = datetime.fromisoformat(confirmed["start"])
    assert invitation["content_type"] == "text/calendar"
    assert f"UID:{confirmed['id']}@" in invitation["content"]
    assert f"SEQUENCE:{confirmed['version']}" in invitation["content"]
    assert f"DTSTART;TZID=Europe/Berlin:{start.astimezone(berlin()):%Y%m%dT%H%M%S}" in invitation["content"]


def berlin() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Berlin")


def test_of_sixty_four_buyers_at_once_one_gets_the_slot(client: Client, buyer: dict[str, str]) -> None:
    offering, slots = client.slots("june-okafor", days_ahead=12)
    barrier = threading.Barrier(64)

    def rush(_: int) -> tuple[int, str | None]:
        barrier.wait()
        answer = client.book(buyer, offering["id"], slots[0]["start"])
        return answer.status_code, answer.json().get("code")

    with ThreadPoolExecutor(64) as crowd:
        answers = Counter(crowd.map(rush, range(64)))

    assert answers == {(201, None): 1, (409, "slot_taken"): 63}


def test_a_repeated_request_gets_the_same_bytes(client: Client, buyer: dict[str, str]) -> None:
    offering, slots = client.slots("the-great-bastian", days_ahead=12)
    first = client.book(buyer, offering["id"], slots[0]["start"], key="again")

    second = client.book(buyer, offering["id"], slots[0]["start"], key="again")
    other = client.book(buyer, offering["id"], slots[8]["start"], key="again")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["ETag"] == first.headers["ETag"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_late_payment_confirms_or_goes_back(tmp_path: Path) -> None:
    # The sweeper would end the payments at the provider: late is what comes before it.
    settings = {"BOOKING_HOLD_SECONDS": "4", "LOCAL_SWEEP_SECONDS": "600"}
    with running_system(tmp_path / "data", environment=settings) as hasty, Client(hasty) as late:
        one, two = late.new_buyer(), late.new_buyer()
        offering, slots = late.slots("mara-voss", days_ahead=10)
        free = late.book(one, offering["id"], slots[0]["start"]).json()["id"]
        lost = late.book(one, offering["id"], slots[9]["start"]).json()["id"]
        payments = [late.pay(one, booking_id).json()["id"] for booking_id in (free, lost)]
        time.sleep(4.2)
        assert late.http.get(f"/v1/bookings/{lost}", headers=one).json()["state"] == "expired"
        assert late.pay(one, lost).json()["code"] == "expired"
        assert late.book(two, offering["id"], slots[9]["start"]).status_code == 201

        for payment_id in payments:
            assert late.http.post(f"/local/payments/{payment_id}/capture").status_code == 200

        kept = late.http.get(f"/v1/bookings/{free}", headers=one).json()
        returned = late.http.get(f"/v1/bookings/{lost}", headers=one).json()
        assert kept["state"] == "confirmed"
        assert returned["state"] == "expired"
        (payment,) = returned["payments"]
        assert payment["refunded"] == payment["amount"]


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"colour": "red"}, 422, "invalid_request", "colour"),
        ({"venue": 7}, 422, "invalid_request", "venue"),
        ({"start": "next tuesday"}, 422, "invalid_request", "start"),
        ({"start": "2020-01-01T10:00:00Z"}, 422, "outside_availability", "start"),
        ({"start": "2027-03-28T02:30:00"}, 422, "nonexistent_local_time", "start"),
        ({"start": "2027-10-31T02:30:00"}, 422, "ambiguous_local_time", "start"),
        ({"time_zone": "Mars/Olympus"}, 422, "invalid_request", "time_zone"),
        ({"offering_id": "off_01ARZ3NDEKTSV4RRFFQ69G5FAV01"}, 404, "not_found", "offering_id"),
        ({"budget": {"amount": 5, "currency": "USD"}}, 422, "invalid_request", "budget.currency"),
        ({"budget": {"amount": -5, "currency": "EUR"}}, 422, "invalid_request", "budget.amount"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    client: Client, buyer: dict[str, str], change: dict[str, Any], status: int, code: str, field: str
) -> None:
    offering, slots = client.slots("mara-voss", days_ahead=20)
    body = {
        "offering_id": offering["id"],
        "start": slots[0]["start"],
        "time_zone": "Europe/Berlin",
        **change,
    }
    before = client.http.get("/v1/bookings", headers=buyer).json()

    answer = client.http.post("/v1/bookings", json=body, headers={**buyer, "Idempotency-Key": "bad-input"})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert client.http.get("/v1/bookings", headers=buyer).json() == before


def test_a_booking_needs_a_key_a_verified_address_and_a_buyer(client: Client, buyer: dict[str, str]) -> None:
    offering, slots = client.slots("mara-voss", days_ahead=20)
    body = {"offering_id": offering["id"], "start": slots[0]["start"], "time_zone": "Europe/Berlin"}

    keyless = client.http.post("/v1/bookings", json=body, headers=buyer)
    unverified = client.book(client.new_buyer(verified=False), offering["id"], slots[0]["start"])
    agent = client.book(client.system.log_in("agent"), offering["id"], slots[0]["start"])
    nobody = client.book({}, offering["id"], slots[0]["start"])

    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency_key_required")
    assert (unverified.status_code, unverified.json()["code"]) == (403, "email_not_verified")
    assert (agent.status_code, agent.json()["code"]) == (403, "forbidden")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_s_booking_looks_like_none(client: Client, buyer: dict[str, str]) -> None:
    offering, slots = client.slots("mara-voss", days_ahead=20)
    booking_id = client.book(buyer, offering["id"], slots[4]["start"]).json()["id"]
    outsider = client.new_buyer()

    for suffix in ("", "/events", "/calendar.ics"):
        foreign = client.http.get(f"/v1/bookings/{booking_id}{suffix}", headers=outsider)
        missing = client.http.get(f"/v1/bookings/bkg_01ARZ3NDEKTSV4RRFFQ69G5FAV{suffix}", headers=outsider)
        assert foreign.status_code == missing.status_code == 404
        assert without_request(foreign) == without_request(missing)
    assert client.pay(outsider, booking_id).status_code == 404


def without_request(answer: httpx.Response) -> dict[str, Any]:
    """Return a problem without what differs between any two requests."""
    body: dict[str, Any] = answer.json()
    return {name: value for name, value in body.items() if name != "request_id"}


def test_a_stale_version_changes_nothing(client: Client, buyer: dict[str, str]) -> None:
    offering, slots = client.slots("mara-voss", days_ahead=20)
    booking_id = client.book(buyer, offering["id"], slots[8]["start"]).json()["id"]

    stale = client.pay(buyer, booking_id, **{"If-Match": '"7"'})
    fresh = client.pay(buyer, booking_id, **{"If-Match": '"1"'})

    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert fresh.status_code == 201
    shown = client.http.get(f"/v1/bookings/{booking_id}", headers={**buyer, "If-None-Match": '"2"'})
    assert shown.status_code == 304


def test_the_catalogue_pages_filters_and_refuses_foreign_cursors(client: Client) -> None:
    whole = client.http.get("/v1/celebrities", params={"limit": 100}).json()["items"]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = client.http.get(
            "/v1/celebrities", params={"limit": 5, **({"cursor": cursor} if cursor else {})}
        )
        seen += [celebrity["id"] for celebrity in page.json()["items"]]
        if (cursor := page.json()["next_cursor"]) is None:
            break
        foreign = client.http.get("/v1/celebrities", params={"limit": 5, "cursor": cursor, "sort": "newest"})
        assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_cursor")

    assert seen == [celebrity["id"] for celebrity in whole]
    assert len(whole) >= 12
    found = client.http.get("/v1/celebrities", params={"q": "celine"}).json()["items"]
    assert [celebrity["name"] for celebrity in found] == ["Céline Beaumont"]


def test_logging_out_ends_the_session_at_the_next_request(client: Client) -> None:
    leaving = client.new_buyer()

    assert client.http.post("/v1/auth/logout", headers=leaving).status_code == 204

    assert client.http.get("/v1/me", headers=leaving).status_code == 401
    assert client.http.get("/v1/bookings", headers=leaving).status_code == 401


def test_a_successful_request_writes_one_line_without_what_was_sent(
    client: Client, buyer: dict[str, str]
) -> None:
    offering, slots = client.slots("mara-voss", days_ahead=20)
    answer = client.book(buyer, offering["id"], slots[12]["start"], brief="CANARY-7f3a")

    (line,) = client.system.lines(answer.headers["X-Request-Id"])

    assert line["category"] == "request"
    assert (line["route"], line["method"], line["status"]) == ("/v1/bookings", "POST", 201)
    assert line["table_calls"] == 3
    assert line["principal_id"] == client.http.get("/v1/me", headers=buyer).json()["id"]
    assert "CANARY" not in str(line)


def test_dates_of_the_past_have_no_slots(client: Client) -> None:
    celebrity = client.http.get("/v1/celebrities/mara-voss").json()
    yesterday = str(date.today() - timedelta(days=1))  # noqa: DTZ011 - any past day
    params = {"from": yesterday, "to": yesterday, "offering_id": celebrity["offerings"][0]["id"]}

    answer = client.http.get(f"/v1/celebrities/{celebrity['id']}/availability", params=params)

    assert answer.json() == {"items": []}
