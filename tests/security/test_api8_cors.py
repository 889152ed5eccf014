"""API8:2023 Security misconfiguration: pages of other origins; ASVS V3.4.2, V3.5."""

import httpx
import pytest

from tests.security.surface import OPERATIONS
from tests.security.visitors import ORIGIN, SECOND_ORIGIN, Visitors

STRANGERS = [
    "https://attacker.test",
    "null",
    "https://booking.test.attacker.test",
    "https://attacker-booking.test",
    "https://attackerbooking.test",
    "https://sub.booking.test",
    "https://booking.tes",
    "https://booking.test:443",
    "https://booking.test:8443",
    "https://admin.booking.test",
    "http://booking.test",
    "https://booking.test/",
    "https://booking.test#",
    "https://booking.test%00.attacker.test",
    "https://booking.test_.attacker.test",
    "https://booking.test@attacker.test",
    "https://user@booking.test",
    "HTTPS://BOOKING.TEST",
    "https://BOOKING.test",
    "https://booking.test,https://attacker.test",
    "https://attacker.test https://booking.test",
    "booking.test",
    "file://",
    "*",
    "",
]


def told(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer tells the browser about other origins."""
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def preflight(visitor: httpx.Client, path: str, origin: str, method: str = "GET") -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
        "Access-Control-Request-Private-Network": "true",
    }
    return visitor.request("OPTIONS", path, headers=headers)


@pytest.fixture(scope="module")
def visitor(visitors: Visitors) -> httpx.Client:
    return visitors.new()


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_page_of_another_origin_is_told_nothing(origin: str, visitor: httpx.Client) -> None:
    read = visitor.get("/health/live", headers={"Origin": origin})
    asked = preflight(visitor, "/v1/me", origin)

    for answer in (read, asked):
        assert told(answer) == {}
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("origin", [ORIGIN, SECOND_ORIGIN])
def test_a_page_of_an_allowed_origin_reads_answers_and_errors_without_credentials(
    origin: str, visitor: httpx.Client
) -> None:
    for path, status in {"/health/live": 200, "/v1/me": 401, "/health/live?x=1": 422}.items():
        answer = visitor.get(path, headers={"Origin": origin})

        assert answer.status_code == status
        assert told(answer).keys() == {"access-control-allow-origin", "access-control-expose-headers"}
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("template", sorted({operation.template for operation in OPERATIONS}))
def test_a_preflight_tells_the_real_methods_of_each_resource(template: str, visitor: httpx.Client) -> None:
    methods = sorted(each.method for each in OPERATIONS if each.template == template)

    answer = preflight(visitor, template.replace("{", "").replace("}", ""), ORIGIN, methods[0])

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == ", ".join(methods)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert int(answer.headers["Access-Control-Max-Age"]) <= 7200
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-private-network" not in answer.headers
    assert "*" not in "".join(told(answer).values())


def test_a_preflight_of_what_is_no_resource_tells_no_methods(visitor: httpx.Client) -> None:
    answer = preflight(visitor, "/v1/nothing", ORIGIN)

    assert answer.status_code == 404
    assert "access-control-allow-methods" not in answer.headers


def test_no_answer_ever_sets_a_cookie_so_no_page_can_ride_on_one(visitors: Visitors) -> None:
    visitor = visitors.new()
    for operation in OPERATIONS:
        path = operation.template.replace("{", "").replace("}", "")
        answer = visitor.request(operation.method, path, headers={"Cookie": "session=1; __Host-x=2"})
        assert "set-cookie" not in answer.headers
        assert operation.public or answer.status_code in {401, 415, 400}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_what_a_form_can_send_without_a_preflight_is_no_body(content_type: str, visitors: Visitors) -> None:
    visitor = visitors.new()

    answer = visitor.post(
        "/v1/auth/login",
        content=b'{"email": "a@example.com", "password": "x"}',
        headers={"Content-Type": content_type, "Origin": "https://attacker.test"},
    )

    assert answer.status_code == 415
