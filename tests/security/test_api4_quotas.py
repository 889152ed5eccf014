"""API4:2023 Unrestricted resource consumption: how often one may ask; ASVS V2.4, V6.3.1."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.security.backstage import Backstage
from tests.security.bodies import PASSWORD
from tests.security.structured_fields import parse_list
from tests.security.surface import OPERATIONS
from tests.security.visitors import Visitors
from tests.support.system import RunningSystem

LIMITS = {
    "general": {"q": 100, "w": 900},
    "authentication": {"q": 10, "w": 900},
    "password_reset": {"q": 3, "w": 3600},
    "uploads": {"q": 20, "w": 900},
}


def standing(answer: httpx.Response) -> dict[str, int]:
    """Return what ``RateLimit`` says, having checked it against ``RateLimit-Policy``."""
    policy = parse_list(answer.headers["RateLimit-Policy"])
    (name,) = policy
    left = parse_list(answer.headers["RateLimit"])
    assert policy[name] == LIMITS[name]
    assert left.keys() == {name}
    assert 0 <= left[name]["r"] <= policy[name]["q"]
    assert 1 <= left[name]["t"] <= policy[name]["w"]
    return left[name]


def ask_wrongly(visitor: httpx.Client, **headers: str) -> httpx.Response:
    body = {"email": "quota@example.com", "token": "x" * 43}
    return visitor.post("/v1/auth/verify-email", json={"token": body["token"]}, headers=headers)


@pytest.mark.parametrize(
    "field", ['"a";r=1', '"a";q=1;w=2, "b";q=3', '"a"', ' "a" ; r=1 ', '"a\\"b";r=0', ""]
)
def test_the_parser_takes_what_is_a_list_of_strings(field: str) -> None:
    assert len(parse_list(field)) == field.count("q=") or 1


@pytest.mark.parametrize("field", ["a;r=1", '"a";r=x', '"a" "b"', '"a";r=1,', '"a', '"a";R=1', '"a"; '])
def test_the_parser_refuses_all_else(field: str) -> None:
    with pytest.raises(ValueError, match=r"no string|neither"):
        parse_list(field)


def test_authentication_counts_down_to_nothing_and_says_when_to_come_back(visitors: Visitors) -> None:
    visitor = visitors.new()

    answers = [ask_wrongly(visitor) for _ in range(12)]

    assert [answer.status_code for answer in answers] == [400] * 10 + [429] * 2
    assert [standing(answer)["r"] for answer in answers] == [*range(9, -1, -1), 0, 0]
    for refused in answers[10:]:
        assert refused.json()["code"] == "too_many_requests"
        assert int(refused.headers["Retry-After"]) == standing(refused)["t"] <= 900


def test_three_resets_an_hour(visitors: Visitors) -> None:
    visitor = visitors.new()

    answers = [
        visitor.post("/v1/auth/password-reset", json={"email": f"reset-{n}@example.com"}) for n in range(5)
    ]

    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
    assert [standing(answer)["r"] for answer in answers] == [2, 1, 0, 0, 0]
    assert 3500 < int(answers[-1].headers["Retry-After"]) <= 3600


def test_all_routes_of_a_group_share_its_quota(visitors: Visitors) -> None:
    visitor = visitors.new()
    routes = [each for each in OPERATIONS if each.public and each.limit == "authentication"]
    assert len(routes) >= 5

    for number in range(10):
        route = routes[number % len(routes)]
        visitor.request(route.method, route.template, json={} if route.takes_json else None)

    for route in routes:
        answer = visitor.request(route.method, route.template, json={} if route.takes_json else None)
        assert answer.status_code == 429, str(route)
    assert visitor.get("/v1/celebrities", params={"limit": 1}).status_code == 200


def test_after_fifty_a_request_must_wait_and_then_ever_longer(visitors: Visitors) -> None:
    visitor = visitors.new()

    quick = [visitor.get("/v1/celebrities", params={"limit": 1}) for _ in range(50)]
    # Nobody is as fast as all of these: one of them comes within half a second of the one before.
    with ThreadPoolExecutor(8) as crowd:
        early = list(crowd.map(lambda _: visitor.get("/v1/celebrities", params={"limit": 1}), range(16)))

    assert [answer.status_code for answer in quick] == [200] * 50
    assert [standing(answer)["r"] for answer in quick] == list(range(99, 49, -1))
    refused = [answer for answer in early if answer.status_code == 429]
    assert refused
    for answer in refused:
        assert standing(answer)["r"] > 0
        assert answer.headers["Retry-After"] == "1"


SPOOFS: list[dict[str, str]] = [
    {"X-Forwarded-For": "203.0.113.{n}"},
    {"X-Forwarded-For": "2001:db8:{n}::1"},
    {"X-Forwarded-For": "203.0.113.{n}, 198.51.100.{n}"},
    {"Forwarded": 'for="[2001:db8:{n}::1]";proto=https'},
    {"X-Real-IP": "203.0.113.{n}"},
    {"True-Client-IP": "203.0.113.{n}"},
    {"CF-Connecting-IP": "203.0.113.{n}"},
    {"Fastly-Client-IP": "203.0.113.{n}"},
    {"X-Client-IP": "203.0.113.{n}"},
    {"X-Cluster-Client-IP": "203.0.113.{n}"},
    {"X-Originating-IP": "203.0.113.{n}"},
    {"X-Remote-Addr": "203.0.113.{n}"},
    {"Client-IP": "203.0.113.{n}"},
    {"Via": "1.1 203.0.113.{n}"},
    {"User-Agent": "another one, {n}"},
    {"X-Amzn-Trace-Id": "Root=1-00000000-0000000000000000000000{n:02}"},
    {"X-Correlation-Id": "another-{n:08}"},
    {"Origin": "https://{n}.booking.test"},
]


def test_nothing_that_a_client_says_of_itself_gives_it_another_quota(visitors: Visitors) -> None:
    visitor = visitors.new()
    for number in range(10):
        ask_wrongly(visitor, **spoofed(SPOOFS[number % len(SPOOFS)], number))

    for number, spoof in enumerate(SPOOFS):
        assert ask_wrongly(visitor, **spoofed(spoof, number)).status_code == 429, spoof


def spoofed(spoof: dict[str, str], number: int) -> dict[str, str]:
    return {name: value.format(n=number) for name, value in spoof.items()}


def test_nobody_uses_up_anothers_quota(visitors: Visitors) -> None:
    victim, attacker = visitors.new(), visitors.new()
    address = visitors.address_of(victim)
    for _ in range(11):
        ask_wrongly(attacker, **{"X-Forwarded-For": address, "Forwarded": f"for={address}"})

    assert standing(ask_wrongly(victim))["r"] == 9


def test_a_session_is_counted_wherever_it_comes_from_and_its_neighbours_are_not(
    visitors: Visitors, guarded: RunningSystem
) -> None:
    emails = ["counted-1@example.com", "counted-2@example.com"]
    tokens = []
    for email in emails:
        Backstage(guarded).create_user(email, PASSWORD)
        answer = visitors.new().post("/v1/auth/login", json={"email": email, "password": PASSWORD})
        tokens.append({"Authorization": f"Bearer {answer.json()['access_token']}"})

    left = [standing(visitors.new().get("/v1/me", headers=tokens[0]))["r"] for _ in range(4)]

    assert left == [99, 98, 97, 96]
    assert standing(visitors.new().get("/v1/me", headers=tokens[1]))["r"] == 99


def test_of_forty_resets_at_once_exactly_three_are_taken(visitors: Visitors) -> None:
    visitor, barrier = visitors.new(), threading.Barrier(40)

    def ask(number: int) -> Any:
        barrier.wait()
        body = {"email": f"flood-{number}@example.com"}
        return visitor.post("/v1/auth/password-reset", json=body).status_code

    with ThreadPoolExecutor(40) as crowd:
        statuses = list(crowd.map(ask, range(40)))

    assert (statuses.count(202), statuses.count(429)) == (3, 37)


def test_every_route_that_takes_a_secret_counts_strictly() -> None:
    guarded_paths = {
        str(each): each.limit for each in OPERATIONS if each.limit in {"authentication", "password_reset"}
    }

    for name in ("login", "register", "verify-email", "password-reset", "password-reset/confirm"):
        assert f"POST /v1/auth/{name}" in guarded_paths
    # What has no limit touches no user's data, or proves itself by a signature.
    assert {str(each) for each in OPERATIONS if each.limit == "none" and each.template.startswith("/v1")} == {
        "POST /v1/webhooks/stripe"
    }
