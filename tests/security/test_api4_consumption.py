"""API4:2023 Unrestricted resource consumption: what one request may cost; ASVS V1.5, V2.2, V4.1, V15.3."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.security.bodies import sample, text_fields, with_value
from tests.security.cast import ROLES, Cast
from tests.security.surface import OPERATIONS, WITH_JSON, Operation
from tests.security.wire import check_refusal, exchange

LARGEST = 256 * 1024
SLOW_SECONDS = 5.0
"""Far more than any refusal takes, and far less than a runaway expression would."""


def whoever(operation: Operation) -> str:
    """Return somebody who may call the operation."""
    if operation.public:
        return "anonymous"
    return next(who for who in ("buyer", "agent", "admin") if ROLES[who] in operation.access)


def post(cast: Cast, operation: Operation, content: bytes) -> httpx.Response:
    """Send a body as it is."""
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
        "If-Match": "*",
        **cast.bearer(whoever(operation)),
    }
    path = operation.template.format_map(cast.things(operation))
    started = time.perf_counter()
    answer = cast.client.http.request(operation.method, path, headers=headers, content=content)
    assert time.perf_counter() - started < SLOW_SECONDS
    return answer


@pytest.mark.parametrize("operation", WITH_JSON, ids=str)
def test_a_byte_over_256_kib_is_refused_before_anything_is_asked(operation: Operation, cast: Cast) -> None:
    answer = post(cast, operation, b" " * (LARGEST + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    lines = cast.client.system.lines(answer.headers["X-Request-Id"])
    assert [line["table_calls"] for line in lines] == [0]


def test_a_body_in_chunks_is_bounded_like_one_that_says_its_length(cast: Cast) -> None:
    def endless(pieces: int) -> Iterator[bytes]:
        for _ in range(pieces):
            yield b" " * 65536

    for pieces in (5, 176):  # over our bound, and over the gateway's own of ten megabytes
        reply = exchange(
            cast.client.system.base_url,
            "POST",
            "/v1/auth/login",
            [("Content-Type", "application/json")],
            endless(pieces),
        )
        assert reply.status == 413
        check_refusal(reply)


def test_a_route_that_takes_no_body_bounds_it_too(cast: Cast) -> None:
    for path in ("/v1/celebrities", "/health/live"):
        answer = cast.client.http.request("GET", path, content=b" " * (LARGEST + 1))
        assert answer.status_code == 413


def _nested(opening: str, closing: str, depth: int) -> bytes:
    return f'{{"a":{opening * depth}{closing * depth}}}'.encode()


BOMBS: dict[str, tuple[bytes, int]] = {
    "33 objects": (b'{"a":' * 33 + b"1" + b"}" * 33, 400),
    "60,000 lists": (_nested("[", "]", 60_000), 400),
    "20,000 objects": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
    "100,000 lists that never close": (b'{"a":' + b"[" * 100_000, 400),
    "a number of 200,000 digits": (b'{"a":' + b"9" * 200_000 + b"}", 400),
    "a number of 20 digits": (b'{"a":10000000000000000000}', 400),
    "a fraction of 200,000 digits": (b'{"a":0.' + b"3" * 200_000 + b"}", 422),
    "1e999999": (b'{"a":1e999999}', 400),
    "NaN": (b'{"a":NaN}', 400),
    "10,000 keys": (json.dumps({f"k{n}": n for n in range(10_000)}).encode(), 422),
    "10,000 times the same key": (b"{" + b",".join([b'"a":1'] * 10_000) + b"}", 400),
    "a key of 200,000 characters": (json.dumps({"k" * 200_000: 1}).encode(), 422),
    "a string of 250,000 characters": (json.dumps({"a": "x" * 250_000}).encode(), 422),
    "40,000 escaped characters": (b'{"a":"' + b"\\u0041" * 40_000 + b'"}', 422),
    "a list of 100,000": (b'{"a":[' + b",".join([b"1"] * 100_000) + b"]}", 422),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_quickly_and_briefly(name: str, cast: Cast) -> None:
    content, status = BOMBS[name]

    answer = post(cast, next(each for each in WITH_JSON if each.template.endswith("login")), content)

    assert answer.status_code == status
    assert len(answer.content) < 8192


HARD_TEXT = {
    "long": "a" * 40_000,
    "long spaces": "x" + " " * 40_000 + "x",
    "many at signs": "@" * 20_000,
    "many dots": "a." * 20_000 + "@",
    "many digits": "1" * 20_000 + "!",
    "many dashes": "2027-" * 20_000,
    "many colons": "00:" * 12_000,
    "many slashes": "a/" * 20_000 + "\x01",
    "combining marks": "e" + "\u0301" * 20_000,
    "a ligature that grows": "\ufdfa" * 20_000,
    "domain of many labels": "a@" + "b." * 20_000 + "c",
    "punycode": "a@" + "xn--" * 12_000,
}
TEXTS = [(operation, way) for operation in WITH_JSON for way in text_fields(operation.body)]


@pytest.mark.parametrize(
    ("operation", "way"), TEXTS, ids=[f"{operation} {'.'.join(way)}" for operation, way in TEXTS]
)
def test_no_text_keeps_a_field_busy(operation: Operation, way: tuple[str, ...], cast: Cast) -> None:
    whole = sample(operation.body, whole=True)

    for text in HARD_TEXT.values():
        content = json.dumps(with_value(whole, way, text), ensure_ascii=False).encode()
        answer = post(cast, operation, content[: LARGEST - 1] if len(content) > LARGEST else content)
        assert answer.status_code in {400, 401, 404, 422}, text[:20]
        assert len(answer.content) < 8192


LISTS = [each for each in OPERATIONS if each.query and each.template.startswith("/v1/")]


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_no_query_keeps_a_route_busy(operation: Operation, cast: Cast) -> None:
    who, path = whoever(operation), operation.template.format_map(cast.things(operation))
    names = [parameter["name"] for parameter in operation.query]
    queries: list[dict[str, str]] = [
        *({name: text[:6000]} for name in names for text in HARD_TEXT.values()),
        {f"p{number}": "x" for number in range(1000)},
    ]

    for query in queries:
        started = time.perf_counter()
        answer = cast.client.http.request(operation.method, path, params=query, headers=cast.bearer(who))
        assert answer.status_code in {200, 400, 422}
        assert answer.status_code != 200 or set(query) == {"q"}
        assert time.perf_counter() - started < SLOW_SECONDS
        assert answer.status_code == 200 or len(answer.content) < 8192


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_parameter_given_twice_is_refused(operation: Operation, cast: Cast) -> None:
    who, path = whoever(operation), operation.template.format_map(cast.things(operation))
    name = operation.query[-1]["name"]

    answer = cast.client.http.request(operation.method, f"{path}?{name}=1&{name}=1", headers=cast.bearer(who))

    assert answer.status_code == 422


PAGED = [each for each in LISTS if any(parameter["name"] == "limit" for parameter in each.query)]


@pytest.mark.parametrize(
    "limit", ["101", "0", "-1", "1e2", "0x10", "\uff11\uff10", "99999999999999999999", "1.0", "+5", ""]
)
@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_a_page_has_a_hundred_at_most(operation: Operation, limit: str, cast: Cast) -> None:
    answer = cast.client.http.get(
        operation.template, params={"limit": limit}, headers=cast.bearer(whoever(operation))
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_every_list_is_paged_or_bounded() -> None:
    listing = {
        operation.template for operation in OPERATIONS if operation.method == "GET" and operation in LISTS
    }
    # Availability is bounded by its dates instead.
    assert listing - {operation.template for operation in PAGED} == {
        "/v1/celebrities/{celebrity_id}/availability"
    }


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [(1, 62, 200), (1, 63, 422), (1, 4000, 422), (5, 1, 422), (3650, 3660, 422), (-3650, 0, 422)],
)
def test_availability_shows_62_days_at_most(first: int, last: int, status: int, cast: Cast) -> None:
    today = datetime.now(UTC).date()
    query = {
        "from": str(today + timedelta(days=first)),
        "to": str(today + timedelta(days=last)),
        "offering_id": cast.offering_id,
    }

    answer = cast.client.http.get("/v1/celebrities/mara-voss/availability", params=query)

    assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        [(f"X-Flood-{number}", "x" * 100) for number in range(100)],
        [("X-Long", "x" * 12_000)],
        [("Cookie", f"c{number}={'x' * 200}") for number in range(60)],
        [("X-Forwarded-For", "203.0.113.1")] * 500,
    ],
    ids=["many names", "a long value", "cookies", "one name"],
)
def test_a_flood_of_headers_is_refused_by_the_gateway(headers: Any, cast: Cast) -> None:
    reply = exchange(cast.client.system.base_url, "GET", "/health/live", headers)

    assert reply.status == 431
    check_refusal(reply)


def test_an_account_cannot_be_made_to_hash_without_end(cast: Cast) -> None:
    """A password of 1 KB is hashed as fast as any other; a longer one is not hashed at all."""
    body = {"email": "long@example.com", "display_name": "Long"}

    longer = cast.client.http.post("/v1/auth/register", json={**body, "password": "p" * 1025})
    login = cast.client.http.post(
        "/v1/auth/login", json={"email": "long@example.com", "password": "p" * 1025}
    )

    assert (longer.status_code, login.status_code) == (422, 422)
