"""Pages of the named origins may call the API, and no others; that it is said depends on the origin."""

import pytest

from greenroom.gateway.headers import SECURITY_HEADERS
from tests.unit.gateway.sample import ORIGIN, Answer, call

OTHER = "https://other.test"


def cors(answer: Answer) -> set[str]:
    """Return the names of the headers that open an answer to a page."""
    return {name for name in answer.headers if name.startswith("Access-Control-")}


def test_a_preflight_of_an_allowed_origin_learns_the_real_methods() -> None:
    answer = call(
        "OPTIONS",
        "/things/t1",
        Origin=ORIGIN,
        Access_Control_Request_Method="DELETE",
        Access_Control_Request_Headers="x-anything",
    )

    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, PUT"
    assert answer.headers["Access-Control-Allow-Headers"] == (
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Correlation-Id"
    )
    assert answer.headers["Allow"] == "GET, OPTIONS, PUT"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
@pytest.mark.parametrize(
    "origin",
    [
        OTHER,
        "null",
        "*",
        "",
        "https://booking.test.evil.test",
        "https://booking.tes",
        "http://booking.test",
        "https://booking.test:443",
        "https://BOOKING.test",
        "https://booking.test/",
        f"{ORIGIN}, {OTHER}",
    ],
)
def test_an_unknown_origin_is_told_nothing(method: str, origin: str) -> None:
    answer = call(method, "/things", Origin=origin)

    assert answer.status in {200, 204}
    assert cors(answer) == set()
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/things", 200),
        ("GET", "/things/t1", 401),
        ("GET", "/nothing", 404),
        ("GET", "/broken", 500),
        ("OPTIONS", "/nothing", 404),
    ],
)
def test_a_page_of_an_allowed_origin_can_read_every_answer(method: str, path: str, status: int) -> None:
    answer = call(method, path, Origin=ORIGIN)

    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Location", "Retry-After", "X-Request-Id", "Idempotency-Replayed"} <= set(exposed)


def test_a_page_learns_that_what_it_met_does_not_exist_but_no_methods_of_it() -> None:
    assert "Access-Control-Allow-Methods" not in call("OPTIONS", "/nothing", Origin=ORIGIN).headers


def test_each_of_several_origins_is_told_its_own_name() -> None:
    answers = [call("GET", "/things", Origin=origin, origins=(ORIGIN, OTHER)) for origin in (ORIGIN, OTHER)]

    assert [answer.headers["Access-Control-Allow-Origin"] for answer in answers] == [ORIGIN, OTHER]


def test_without_configured_origins_nothing_depends_on_the_origin() -> None:
    with_origin = call("GET", "/things", Origin=ORIGIN, origins=())
    without = call("GET", "/things", origins=())

    assert with_origin == without
    assert "Vary" not in with_origin.headers
    assert with_origin.headers.items() >= SECURITY_HEADERS.items()


def test_a_preflight_needs_no_token_and_is_not_bound_to_open_routes() -> None:
    assert (
        call("OPTIONS", "/things/t1/orders", Origin=ORIGIN).headers["Access-Control-Allow-Methods"] == "POST"
    )
