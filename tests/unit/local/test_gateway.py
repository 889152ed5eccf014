"""The gateway in front of small functions: what it passes on, what it answers itself, what it survives."""

import base64
import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local.gateway import MOST_HEADER_BYTES, Gateway
from local.journal import Journal
from local.routes import Document, Resource, RouteTable
from local.runtime import Function, Handler
from tests.support.asgi import call

HEADERS = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
TEN_MEGABYTES = 10 * 1024 * 1024


def echo(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"X-Kind": "echo"}, "body": json.dumps(event)}


def gateway_for(handler: Handler, *, timeout: float = 29.0, journal: Journal | None = None) -> Gateway:
    routes = RouteTable(
        [
            Resource("/v1/things", {"GET": "things", "POST": "things"}),
            Resource("/v1/things/{thing_id}", {"GET": "things"}),
        ]
    )
    functions = {"things": Function("things", handler, timeout)}
    return Gateway(Document(routes, HEADERS), functions, journal or Journal())


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = gateway_for(echo)
    yield made
    made.close()


def test_a_request_reaches_its_function_and_the_answer_comes_back(gateway: Gateway) -> None:
    answer = call(gateway, "GET", "/v1/things/t1?a=1&a=2")

    event = json.loads(answer.body)
    assert (answer.status, answer.header("x-kind")) == (200, "echo")
    assert event["resource"] == "/v1/things/{thing_id}"
    assert event["pathParameters"] == {"thing_id": "t1"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert answer.header("content-length") == str(len(answer.body))


def test_every_request_has_an_id_of_its_own_that_the_answer_names(gateway: Gateway) -> None:
    answers = [call(gateway, "GET", "/v1/things") for _ in range(20)]

    named = [answer.header("x-amzn-requestid") for answer in answers]
    assert named == [json.loads(answer.body)["requestContext"]["requestId"] for answer in answers]
    assert len(set(named)) == 20


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE", "HEAD"])
def test_a_preflight_or_a_wrong_method_is_the_functions_to_answer(gateway: Gateway, method: str) -> None:
    event = json.loads(call(gateway, method, "/v1/things").body)

    assert (event["httpMethod"], event["resource"]) == (method, "/v1/things")


@pytest.mark.parametrize(
    ("asked", "status", "code", "allow"),
    [
        (("GET", "/v1/nothing"), 404, "not_found", None),
        (("PROPFIND", "/v1/things"), 405, "method_not_allowed", "GET, OPTIONS, POST"),
        (("TRACE", "/v1/things/t1"), 405, "method_not_allowed", "GET, OPTIONS"),
    ],
)
def test_the_gateway_itself_refuses_what_has_no_route(
    gateway: Gateway, asked: tuple[str, str], status: int, code: str, allow: str | None
) -> None:
    answer = call(gateway, *asked)

    problem = json.loads(answer.body)
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"/docs#{code}"
    assert answer.header("content-type") == "application/problem+json"
    assert answer.header("allow") == allow
    assert problem["request_id"] == answer.header("x-request-id") == answer.header("x-amzn-requestid")


def test_answers_of_the_gateway_itself_carry_the_common_headers(gateway: Gateway) -> None:
    for answer in (call(gateway, "GET", "/nowhere"), call(gateway, "TRACE", "/v1/things")):
        assert {name: answer.header(name) for name in HEADERS} == HEADERS
        assert answer.header("cache-control") == "no-store"


def test_a_body_over_ten_megabytes_is_refused(gateway: Gateway) -> None:
    answer = call(gateway, "POST", "/v1/things", body=b"x" * (TEN_MEGABYTES + 1))

    assert (answer.status, json.loads(answer.body)["code"]) == (413, "body_too_large")


def test_a_body_that_fits_the_gateway_but_not_the_function_is_refused(gateway: Gateway) -> None:
    assert call(gateway, "POST", "/v1/things", body=b"x" * (5 * 1024 * 1024)).status == 413


def test_a_body_below_the_limits_arrives_whole(gateway: Gateway) -> None:
    answer = call(gateway, "POST", "/v1/things", body=b"x" * (2 * 1024 * 1024))

    assert len(base64.b64decode(json.loads(answer.body)["body"])) == 2 * 1024 * 1024


def test_headers_over_the_limit_are_refused(gateway: Gateway) -> None:
    fits = MOST_HEADER_BYTES - len("host") - len("h") - len("x-large")

    kept = call(gateway, "GET", "/v1/things", headers=[("host", "h"), ("x-large", "x" * fits)])
    refused = call(gateway, "GET", "/v1/things", headers=[("host", "h"), ("x-large", "x" * (fits + 1))])

    assert (kept.status, refused.status) == (200, 431)
    assert json.loads(refused.body)["code"] == "refused"


def raises(_event: Any, _context: Any) -> Any:
    raise ValueError("secret detail")


def leaves(_event: Any, _context: Any) -> Any:
    sys.exit(1)


@pytest.mark.parametrize(
    "handler",
    [raises, leaves, lambda _e, _c: "text", lambda _e, _c: {1, 2}, lambda _e, _c: {"statusCode": "x"}],
)
def test_a_function_that_fails_is_a_502_that_tells_nothing_of_it(handler: Handler) -> None:
    journal = Journal()
    gateway = gateway_for(handler, journal=journal)

    answer = call(gateway, "GET", "/v1/things")

    assert (answer.status, json.loads(answer.body)["code"]) == (502, "internal_error")
    assert b"secret" not in answer.body
    assert answer.header("x-frame-options") == "DENY"
    assert "things" in journal.requests()[0]["note"]


def test_a_function_that_does_not_answer_in_time_is_a_504() -> None:
    release = threading.Event()
    gateway = gateway_for(lambda _e, _c: release.wait(30) and {}, timeout=0.05)

    answer = call(gateway, "GET", "/v1/things")
    release.set()

    assert (answer.status, json.loads(answer.body)["code"]) == (504, "unavailable")


def test_a_function_gets_json_and_a_context() -> None:
    seen: dict[str, Any] = {}

    def look(event: Any, context: Any) -> dict[str, Any]:
        seen.update(
            types={type(value) for value in event.values()},
            arn=context.invoked_function_arn,
            memory=context.memory_limit_in_mb,
            left=context.get_remaining_time_in_millis(),
            id=context.aws_request_id,
        )
        return {"statusCode": 204}

    assert call(gateway_for(look), "GET", "/v1/things").status == 204
    assert seen["types"] <= {str, dict, type(None), bool}
    assert seen["arn"].endswith(":function:greenroom-local-things")
    assert 28_000 < seen["left"] <= 29_000
    assert seen["memory"] > 0
    assert seen["id"]


def test_requests_run_at_the_same_time() -> None:
    """Each of 64 requests waits for all the others, so one after another they would never end."""
    import asyncio

    together = threading.Barrier(64, timeout=20)
    gateway = gateway_for(lambda _e, _c: {"statusCode": 200, "body": str(together.wait() >= 0)})

    async def all_at_once() -> list[int]:
        statuses: list[int] = []

        async def one() -> None:
            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message: Any) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            scope = {
                "type": "http",
                "method": "GET",
                "raw_path": b"/v1/things",
                "query_string": b"",
                "headers": [],
            }
            await gateway(scope, receive, send)

        await asyncio.gather(*(one() for _ in range(64)))
        return statuses

    assert asyncio.run(all_at_once()) == [200] * 64


def test_the_journal_holds_the_last_requests_newest_first() -> None:
    journal = Journal()
    gateway = gateway_for(echo, journal=journal)

    call(gateway, "GET", "/v1/things/t1")
    call(gateway, "GET", "/nowhere")

    newest, oldest = journal.requests()
    assert (newest["path"], newest["status"], newest["function"]) == ("/nowhere", 404, None)
    assert (oldest["path"], oldest["status"], oldest["function"]) == ("/v1/things/t1", 200, "things")
    assert (newest["route"], oldest["route"]) == (None, "/v1/things/{thing_id}")


def test_a_client_that_leaves_before_its_request_is_complete_gets_no_answer(gateway: Gateway) -> None:
    import asyncio

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gateway({"type": "http"}, receive, send))

    assert sent == []
