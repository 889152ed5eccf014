"""Limits as callers meet them, over every function behind the gateway."""

import itertools
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from greenroom.actors import Role
from greenroom.limits.policies import GENERAL, GUESSES
from greenroom.storage import clients, keys
from greenroom.storage.writes import Delete, Update
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.support.emulator import RunningEmulator
from tests.support.functions import PASSWORD, Answer, RunningFunctions, running_functions

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def running(emulator: RunningEmulator) -> Iterator[RunningFunctions]:
    with running_functions(emulator, rate_limits="on") as functions:
        yield functions


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The log lines that are written while the test runs."""
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def _address() -> str:
    """Return an address that nobody else comes from."""
    high, low = divmod(next(_numbers), 250)
    return f"10.9.{high}.{low + 1}"


def _token(running: RunningFunctions, who: str = "buyer") -> str:
    body = {"email": running.emails[who], "password": PASSWORD}
    answer = running.call("POST", "/v1/auth/login", body=body, source_ip=_address())
    assert answer.status == 200, answer.text
    return str(answer.body["access_token"])


def _session_id(running: RunningFunctions, token: str) -> str:
    found = running.call("GET", "/v1/auth/sessions", token=token)
    return str(next(item["id"] for item in found.body["items"] if item["current"]))


def _use_up(running: RunningFunctions, session_id: str) -> None:
    """Make a session's quota used, a second ago."""
    hit = (int(datetime.now(UTC).timestamp() * 1000) - 1000).to_bytes(6, "big")
    key = keys.live_session(session_id)
    running.tables.write(Update(running.names["limits"], key, {"hits": [hit] * GENERAL.limit}))


def _wrong(running: RunningFunctions, source: str, **headers: Any) -> Answer:
    """Log in as somebody whom nobody has guessed at yet, and who is not there."""
    body = {"email": f"{secrets.token_hex(8)}@example.com", "password": "not the password"}
    return running.call("POST", "/v1/auth/login", body=body, source_ip=source, **headers)


def _fields(answer: Answer) -> tuple[str | None, str | None, str | None]:
    names = ("RateLimit-Policy", "RateLimit", "Retry-After")
    policy, limit, retry = (answer.headers.get(name) for name in names)
    return policy, limit, retry


def failing(code: str = "InternalServerError", **told: Any) -> Any:
    """Return an operation of the client that answers with an error."""
    response: Any = {"Error": {"Code": code, "Message": code}, **told}

    def fail(**_: Any) -> Any:
        raise ClientError(response, "Operation")

    return fail


def test_every_answer_tells_the_quota_and_what_is_left_of_it(running: RunningFunctions) -> None:
    source, token = _address(), _token(running)

    public = [running.call("GET", "/v1/celebrities", source_ip=source) for _ in range(2)]
    missing = running.call(
        "GET", "/v1/celebrities/{celebrity_id}", source_ip=source, parameters={"celebrity_id": "x"}
    )
    own = running.call("GET", "/v1/me", token=token, source_ip=source)
    denied = running.call("GET", "/v1/me", token="forged", source_ip=source)

    assert _fields(public[0]) == ('"general";q=100;w=900', '"general";r=99;t=900', None)
    assert re.fullmatch(r'"general";r=98;t=(900|89\d)', public[1].headers["RateLimit"])
    assert missing.status == 404
    assert missing.headers["RateLimit"].startswith('"general";r=97;')
    assert _fields(own) == ('"general";q=100;w=900', '"general";r=99;t=900', None)
    assert denied.status == 401
    assert _fields(denied) == ('"general";q=100;w=900', None, None)


@pytest.mark.parametrize("path", ["/health/live", "/.well-known/jwks.json"])
def test_what_has_no_limit_tells_none(running: RunningFunctions, path: str) -> None:
    answer = running.call("GET", path)

    assert answer.status == 200
    assert _fields(answer) == (None, None, None)


def test_ten_authentication_calls_of_an_address_and_no_more_whatever_headers_claim(
    running: RunningFunctions,
) -> None:
    source = _address()

    answers = [
        _wrong(running, source, X_Forwarded_For=f"203.0.113.{n}", Forwarded=f"for=203.0.113.{n}")
        for n in range(9)
    ]
    answers.append(running.call("POST", "/v1/auth/verify-email", body={"token": "x"}, source_ip=source))
    over = _wrong(running, source, X_Forwarded_For="203.0.113.99", X_Real_IP="203.0.113.99")

    assert [answer.status for answer in answers] == [401] * 9 + [400]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == [
        f"r={n}" for n in range(9, -1, -1)
    ]
    assert over.told == (429, "too_many_requests")
    policy, limit, retry = _fields(over)
    assert policy == '"authentication";q=10;w=900'
    assert retry is not None
    assert 880 <= int(retry) <= 900
    assert limit == f'"authentication";r=0;t={retry}'
    assert _wrong(running, _address()).status == 401


def test_all_addresses_of_one_customer_s_ipv6_network_share_a_quota(running: RunningFunctions) -> None:
    network = f"{next(_numbers):x}"

    answers = [_wrong(running, f"2001:db8:{network}:aa{n:02x}::{n + 1:x}") for n in range(11)]
    neighbour = _wrong(running, f"2001:db8:{network}:ab00::1")
    mapped = [_wrong(running, source) for source in ["::ffff:10.8.0.1", "10.8.0.1"]]

    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert neighbour.status == 401
    assert [answer.headers["RateLimit"].split(";")[1] for answer in mapped] == ["r=9", "r=8"]


def test_of_eighty_at_once_exactly_ten_pass_the_gate(running: RunningFunctions) -> None:
    source = _address()

    with ThreadPoolExecutor(80) as pool:
        call: dict[str, Any] = {"body": {"token": "x"}, "source_ip": source}
        answers = list(pool.map(lambda _: running.call("POST", "/v1/auth/verify-email", **call), range(80)))

    assert sorted(answer.status for answer in answers) == [400] * 10 + [429] * 70


def test_the_token_comes_before_the_quota_and_the_quota_before_the_role(running: RunningFunctions) -> None:
    token = _token(running)
    session_id = _session_id(running, token)
    assert (
        running.call("POST", "/v1/users/{user_id}/disable", token=token, parameters={"user_id": "x"}).status
        == 403
    )

    _use_up(running, session_id)
    over = running.call("POST", "/v1/users/{user_id}/disable", token=token, parameters={"user_id": "x"})
    forged = running.call("GET", "/v1/me", token=token[:-4] + "AAAA")
    other = _token(running)
    other_id = _session_id(running, other)
    _use_up(running, other_id)
    running.tables.write(Delete(running.names["limits"], keys.live_session(other_id)))

    assert over.told == (429, "too_many_requests")
    assert forged.status == 401
    assert running.call("GET", "/v1/me", token=other).status == 401


def test_continuing_a_session_does_not_renew_its_quota(running: RunningFunctions) -> None:
    body = {"email": running.emails["buyer"], "password": PASSWORD}
    tokens = running.call("POST", "/v1/auth/login", body=body, source_ip=_address()).body
    _use_up(running, _session_id(running, tokens["access_token"]))

    refreshed = running.call(
        "POST", "/v1/auth/refresh", body={"refresh_token": tokens["refresh_token"]}, source_ip=_address()
    )

    assert refreshed.status == 200
    assert running.call("GET", "/v1/me", token=refreshed.body["access_token"]).status == 429


def test_a_flood_of_denied_requests_asks_no_table_and_writes_one_event(
    running: RunningFunctions, lines: list[dict[str, Any]]
) -> None:
    source = _address()

    answers = [_wrong(running, source) for _ in range(30)]

    events = [line for line in lines if line.get("event") == "excess_rate_limit_exceeded"]
    denied = [line for line in lines if line.get("status") == 429]
    assert [answer.status for answer in answers].count(429) == 20
    assert len(events) == 1
    assert (events[0]["limit"], events[0]["severity"]) == ("authentication", "WARN")
    assert source not in str(lines)
    assert [line["table_calls"] for line in denied] == [1] + [0] * 19


def test_a_request_is_one_round_trip_more_than_its_work(
    running: RunningFunctions, lines: list[dict[str, Any]]
) -> None:
    token, celebrity = _token(running, "other buyer"), running.add_celebrity("agent")
    day = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    body = {"offering_id": celebrity.offerings[0].id, "start": f"{day}T18:00:00Z", "time_zone": "UTC"}
    lines.clear()

    booked = running.call(
        "POST", "/v1/bookings", token=token, body=body, Idempotency_Key=secrets.token_hex(8)
    )
    running.call(
        "GET", "/v1/bookings/{booking_id}", token=token, parameters={"booking_id": booked.body["id"]}
    )

    assert booked.status == 201
    assert [line["table_calls"] for line in lines if line.get("category") == "request"] == [3, 2]


@pytest.mark.parametrize(
    "fault",
    [
        failing(),
        failing("ResourceNotFoundException"),
        failing("ThrottlingException", ThrottlingReasons=[{"reason": "TableWriteAccountLimitExceeded"}]),
    ],
)
def test_while_nobody_can_count_the_general_passes_with_an_alarm_and_secrets_are_closed(
    running: RunningFunctions, monkeypatch: pytest.MonkeyPatch, lines: list[dict[str, Any]], fault: Any
) -> None:
    token = _token(running)
    lines.clear()
    monkeypatch.setattr(clients.gate_client(), "update_item", fault)

    public = running.call("GET", "/v1/celebrities", source_ip=_address())
    own = running.call("GET", "/v1/me", token=token)
    login = _wrong(running, _address())
    reset = running.call(
        "POST", "/v1/auth/password-reset", body={"email": "a@example.com"}, source_ip=_address()
    )

    untouched = running.call("POST", "/v1/auth/verify-email", body={"token": "x"}, source_ip=_address())

    assert [public.status, own.status] == [200, 200]
    assert _fields(public) == ('"general";q=100;w=900', None, None)
    assert [login.told, reset.told, untouched.told] == [(503, "unavailable")] * 3
    alarms = [line for line in lines if line.get("event") == "rate_limit_store_failed"]
    assert [(line["limit"], line["passed"], line["severity"]) for line in alarms] == [
        ("general", True, "CRITICAL"),
        ("general", True, "CRITICAL"),
        ("authentication", False, "CRITICAL"),
        ("password_reset", False, "CRITICAL"),
        ("authentication", False, "CRITICAL"),
    ]


def test_an_outdated_session_is_refused_though_its_item_is_still_there(running: RunningFunctions) -> None:
    token = _token(running)
    key = keys.live_session(_session_id(running, token))
    now = int(datetime.now(UTC).timestamp())

    running.tables.write(Update(running.names["limits"], key, {"expires_at": now - 1}))

    assert running.call("GET", "/v1/me", token=token).status == 401


def test_while_nobody_can_count_an_ended_session_stays_ended(
    running: RunningFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _token(running)
    assert running.call("POST", "/v1/auth/logout", token=token).status == 204
    monkeypatch.setattr(clients.gate_client(), "update_item", failing())

    assert running.call("GET", "/v1/me", token=token).status == 401


def test_where_not_even_the_session_can_be_read_nobody_is_let_in(
    running: RunningFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _token(running)
    monkeypatch.setattr(clients.gate_client(), "update_item", failing())
    monkeypatch.setattr(clients.gate_client(), "get_item", failing())

    assert running.call("GET", "/v1/me", token=token).told == (503, "unavailable")


@pytest.mark.parametrize(
    "fault",
    [
        failing("ProvisionedThroughputExceededException"),
        failing(
            "ThrottlingException", ThrottlingReasons=[{"reason": "TableWriteKeyRangeThroughputExceeded"}]
        ),
    ],
)
def test_a_key_so_busy_that_the_table_throttles_it_is_denied(
    running: RunningFunctions, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    token, source = _token(running), _address()
    monkeypatch.setattr(clients.gate_client(), "update_item", fault)

    answers = [running.call("GET", "/v1/me", token=token), _wrong(running, source)]

    assert [answer.told for answer in answers] == [(429, "too_many_requests")] * 2
    assert [answer.headers["Retry-After"] for answer in answers] == ["1", "1"]


def _guess(running: RunningFunctions, email: str, password: str = "") -> Answer:
    body = {"email": email, "password": password or "not the password"}
    return running.call("POST", "/v1/auth/login", body=body, source_ip=_address())


@pytest.mark.parametrize("known", [True, False])
def test_an_account_takes_twenty_guesses_from_all_the_world_and_an_unknown_one_alike(
    running: RunningFunctions, known: bool
) -> None:
    email = f"{secrets.token_hex(6)}@example.com"
    if known:
        who = f"guessed {email}"
        running.add_person(who, Role.BUYER)
        email = running.emails[who]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _guess(running, email), range(GUESSES.limit + 6)))
    spelt_otherwise = _guess(running, email.upper())
    right = _guess(running, email, PASSWORD)

    assert sorted(answer.status for answer in answers) == [401] * GUESSES.limit + [429] * 6
    assert spelt_otherwise.told == right.told == (429, "too_many_requests")
    assert int(right.headers["Retry-After"]) > 800


def test_right_passwords_use_nothing_up(running: RunningFunctions) -> None:
    running.add_person("regular", Role.BUYER)

    answers = [_guess(running, running.emails["regular"], PASSWORD) for _ in range(GUESSES.limit + 2)]

    assert {answer.status for answer in answers} == {200}


def test_whoever_is_logged_in_is_not_locked_out_by_guesses(running: RunningFunctions) -> None:
    running.add_person("victim", Role.BUYER)
    token = _token(running, "victim")

    guesses = [_guess(running, running.emails["victim"]).status for _ in range(GUESSES.limit + 1)]

    assert guesses == [401] * GUESSES.limit + [429]
    assert running.call("GET", "/v1/me", token=token).status == 200
