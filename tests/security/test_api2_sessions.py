"""API2:2023 Broken authentication: guessing, stuffing, and sessions that should be over; ASVS V6.3, V7."""

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from greenroom.actors import Role
from tests.security.backstage import Backstage
from tests.security.bodies import PASSWORD
from tests.security.cast import Cast, claims_of
from tests.security.visitors import Visitors
from tests.support.system import RunningSystem


def log_in(visitor: httpx.Client, email: str, password: str) -> httpx.Response:
    return visitor.post("/v1/auth/login", json={"email": email, "password": password})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def at_once(number: int, act: Any) -> list[Any]:
    """Let so many do something at the same moment."""
    barrier = threading.Barrier(number)

    def one(index: int) -> Any:
        barrier.wait()
        return act(index)

    with ThreadPoolExecutor(number) as crowd:
        return list(crowd.map(one, range(number)))


def test_stuffing_gets_ten_tries_of_an_address_whatever_it_tries(visitors: Visitors) -> None:
    visitor = visitors.new()

    statuses = [
        log_in(visitor, f"leaked-{number}@example.com", f"leaked password {number}").status_code
        for number in range(14)
    ]

    assert statuses == [401] * 10 + [429] * 4


def test_of_eighty_tries_at_once_exactly_ten_are_looked_at(visitors: Visitors) -> None:
    visitor = visitors.new()

    answers = at_once(80, lambda n: log_in(visitor, f"rush-{n}@example.com", "a leaked password").status_code)

    assert Counter(answers) == {401: 10, 429: 70}


def test_a_refused_try_is_not_looked_at_even_if_it_is_right(
    visitors: Visitors, guarded: RunningSystem
) -> None:
    email = "owner-0@example.com"
    Backstage(guarded).create_user(email, PASSWORD)
    visitor = visitors.new()
    for _ in range(10):
        log_in(visitor, "nobody@example.com", "a wrong password")

    assert log_in(visitor, email, PASSWORD).status_code == 429
    assert log_in(visitors.new(), email, PASSWORD).status_code == 200


def test_guesses_from_all_the_world_never_lock_the_owner_out(
    visitors: Visitors, guarded: RunningSystem
) -> None:
    email = "owner-1@example.com"
    Backstage(guarded).create_user(email, PASSWORD)
    session = log_in(visitors.new(), email, PASSWORD).json()

    world = [visitors.new() for _ in range(3)]
    guesses = [log_in(world[n // 8], email, f"guess number {n}").status_code for n in range(24)]
    owner = visitors.new()
    locked = log_in(owner, email, PASSWORD)

    assert guesses == [401] * 20 + [429] * 4
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) <= 900
    # Who is in stays in, and the mailbox's owner opens the door again.
    assert owner.get("/v1/me", headers=bearer(session)).status_code == 200
    assert owner.post("/v1/auth/password-reset", json={"email": email}).status_code == 202
    token = re.search(r"token=([\w-]+)", guarded.mails(email)[0]["text"])
    assert token
    renewed = {"token": token[1], "new_password": "another green room of mine"}
    assert owner.post("/v1/auth/password-reset/confirm", json=renewed).status_code == 204
    assert log_in(owner, email, renewed["new_password"]).status_code == 200
    assert owner.get("/v1/me", headers=bearer(session)).status_code == 401


def test_no_answer_tells_who_has_an_account(cast: Cast) -> None:
    known, _ = cast.new_person()

    for path, body in {
        "/v1/auth/login": {"password": "not the password"},
        "/v1/auth/register": {"password": PASSWORD, "display_name": "Me"},
        "/v1/auth/password-reset": {},
    }.items():
        told = []
        for email in (known, "nobody-at-all@example.com"):
            answer = cast.client.http.post(path, json={"email": email, **body})
            headers = {name for name in answer.headers if name != "date"}
            told.append((answer.status_code, {**answer.json(), "request_id": None}, headers))
        assert told[0] == told[1], path


def refresh(cast: Cast, token: str) -> httpx.Response:
    return cast.client.http.post("/v1/auth/refresh", json={"refresh_token": token})


def test_a_stolen_refresh_token_ends_the_session_for_thief_and_owner(cast: Cast) -> None:
    email, user_id = cast.new_person()
    first = cast.open_session(email)
    other = cast.open_session(email)
    second = refresh(cast, first["refresh_token"]).json()
    third = refresh(cast, second["refresh_token"]).json()

    replayed = refresh(cast, first["refresh_token"])

    assert replayed.status_code == 401
    assert refresh(cast, third["refresh_token"]).status_code == 401
    for tokens in (first, second, third):
        assert cast.client.http.get("/v1/me", headers=bearer(tokens)).status_code == 401
    assert cast.client.http.get("/v1/me", headers=bearer(other)).status_code == 200
    lines = cast.client.system.api.get("/local/logs").json()["items"]
    events = [(line["event"], line["severity"]) for line in lines if line.get("user_id") == user_id]
    assert ("authn_token_reuse", "CRITICAL") in events


def test_of_many_who_refresh_at_once_one_goes_on(cast: Cast) -> None:
    tokens = cast.open_session(cast.new_person()[0])

    answers = at_once(12, lambda _: refresh(cast, tokens["refresh_token"]))

    granted = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(granted) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 503}
    assert cast.client.http.get("/v1/me", headers=bearer(granted[0])).status_code == 200


@pytest.mark.parametrize("token", ["A" * 43, "", "a.b.c", "A" * 200, "../../x", "é" * 43])
def test_what_is_no_refresh_token_refreshes_nothing(token: str, cast: Cast) -> None:
    assert refresh(cast, token).status_code in {401, 422}


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(cast: Cast) -> None:
    tokens = cast.open_session(cast.new_person()[0])

    assert refresh(cast, tokens["access_token"][:200]).status_code == 401
    swapped = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    assert cast.client.http.get("/v1/me", headers=swapped).status_code == 401


def test_a_logout_bites_at_once_and_everywhere(cast: Cast) -> None:
    tokens = cast.open_session(cast.new_person()[0])

    assert cast.client.http.post("/v1/auth/logout", headers=bearer(tokens)).status_code == 204

    for path in ("/v1/me", "/v1/bookings", "/v1/auth/sessions"):
        assert cast.client.http.get(path, headers=bearer(tokens)).status_code == 401
    assert refresh(cast, tokens["refresh_token"]).status_code == 401


def test_another_role_bites_at_the_next_request_though_the_token_says_the_old_one(cast: Cast) -> None:
    email, user_id = cast.new_person(Role.AGENT)
    tokens = cast.open_session(email)
    booking = {"offering_id": "off_1", "start": "2027-01-01T10:00:00Z", "time_zone": "UTC"}
    headers = {**bearer(tokens), "Idempotency-Key": "role"}
    assert cast.client.http.post("/v1/bookings", json=booking, headers=headers).status_code == 403

    path, admin = f"/v1/users/{user_id}/role", cast.bearer("admin")
    assert cast.client.http.post(path, json={"role": "buyer"}, headers=admin).status_code == 204
    as_buyer = cast.client.http.post("/v1/bookings", json=booking, headers=headers)
    assert cast.client.http.post(path, json={"role": "agent"}, headers=admin).status_code == 204
    as_agent = cast.client.http.post("/v1/bookings", json=booking, headers=headers)

    assert claims_of(tokens["access_token"])["role"] == "agent"
    assert as_buyer.status_code == 404  # an offering that is not there: no longer a matter of the role
    assert as_agent.status_code == 403


def test_a_disabled_user_is_out_at_the_next_request_and_cannot_come_back(cast: Cast) -> None:
    email, user_id = cast.new_person()
    tokens = cast.open_session(email)
    admin = cast.bearer("admin")

    assert cast.client.http.post(f"/v1/users/{user_id}/disable", headers=admin).status_code == 204

    for path in ("/v1/me", "/v1/bookings"):
        assert cast.client.http.get(path, headers=bearer(tokens)).status_code == 401
    assert refresh(cast, tokens["refresh_token"]).status_code == 401
    assert log_in(cast.client.http, email, PASSWORD).status_code == 401
    assert cast.client.http.post("/v1/auth/password-reset", json={"email": email}).status_code == 202
    assert "token=" not in cast.client.system.mails(email)[0]["text"]


def test_a_changed_password_ends_the_other_sessions(cast: Cast) -> None:
    email, _ = cast.new_person()
    thief, owner = cast.open_session(email), cast.open_session(email)
    change = {
        "current_password": PASSWORD,
        "new_password": "another green room of mine",
        "end_other_sessions": True,
    }

    answer = cast.client.http.post("/v1/auth/password-change", json=change, headers=bearer(owner))

    assert answer.status_code == 204
    assert cast.client.http.get("/v1/me", headers=bearer(thief)).status_code == 401
    assert refresh(cast, thief["refresh_token"]).status_code == 401
    assert cast.client.http.get("/v1/me", headers=bearer(owner)).status_code == 200


def test_a_mailed_token_works_once_and_only_the_newest_does(cast: Cast) -> None:
    email, _ = cast.new_person()
    for _ in range(2):
        assert cast.client.http.post("/v1/auth/password-reset", json={"email": email}).status_code == 202
    newest, older = (
        re.findall(r"token=([\w-]+)", mail["text"])[0] for mail in cast.client.system.mails(email)[:2]
    )

    def confirm(token: str) -> int:
        body = {"token": token, "new_password": "another green room of mine"}
        return cast.client.http.post("/v1/auth/password-reset/confirm", json=body).status_code

    assert [confirm(token) for token in (older, newest, newest, newest.swapcase())] == [400, 204, 400, 400]
