"""Every answer, whatever its status, carries the same headers and ids; none carries anything internal."""

import base64
import re
from typing import Any

import pytest

from greenroom.gateway.headers import SECURITY_HEADERS
from greenroom.gateway.requests import LARGEST_BODY
from tests.unit.gateway.sample import REQUEST_ID, Answer, App, answered, call, event, function

REQUESTS: dict[int, dict[str, Any]] = {
    200: {"method": "GET", "path": "/things"},
    201: {
        "method": "POST",
        "path": "/things",
        "token": "buyer",
        "body": {"name": "a"},
        "Idempotency_Key": "k",
    },
    204: {"method": "POST", "path": "/public", "body": {"name": "a"}},
    304: {"method": "GET", "path": "/things/t1", "token": "buyer", "If_None_Match": "*"},
    400: {"method": "POST", "path": "/public", "raw": b"{"},
    401: {"method": "GET", "path": "/things/t1"},
    403: {"method": "PUT", "path": "/things/t1", "token": "buyer", "body": {}},
    404: {"method": "GET", "path": "/things/t9", "token": "buyer"},
    405: {"method": "DELETE", "path": "/things/t1"},
    409: {
        "method": "POST",
        "path": "/things",
        "token": "buyer",
        "body": {"name": "a"},
        "Idempotency_Key": "k",
        "app": App(sold=True),
    },
    412: {"method": "PUT", "path": "/things/t1", "token": "agent", "body": {}, "If_Match": '"1"'},
    413: {"method": "POST", "path": "/public", "raw": b" " * (LARGEST_BODY + 1)},
    415: {"method": "POST", "path": "/public", "raw": b"{}", "Content_Type": "text/plain"},
    422: {"method": "POST", "path": "/public", "body": {}},
    428: {"method": "PUT", "path": "/things/t1", "token": "agent", "body": {}},
    500: {"method": "GET", "path": "/broken"},
}


def answer_with(status: int, **headers: Any) -> Answer:
    """Return an answer of that status."""
    request = dict(REQUESTS[status])
    answer = call(request.pop("method"), request.pop("path"), **request, **headers)
    assert answer.status == status
    return answer


@pytest.mark.parametrize("status", REQUESTS)
def test_every_status_carries_the_security_headers_and_the_ids(status: int) -> None:
    answer = answer_with(status, X_Correlation_Id="journey-0001")

    assert answer.headers.items() >= SECURITY_HEADERS.items()
    assert answer.headers["X-Request-Id"] == REQUEST_ID
    assert answer.headers["X-Correlation-Id"] == "journey-0001"
    assert answer.headers["Vary"] == "Origin"
    assert "no-store" in answer.headers["Cache-Control"] or status == 304
    assert len({name.lower() for name in answer.headers}) == len(answer.headers)
    assert all(isinstance(value, str) and value.isprintable() for value in answer.headers.values())


@pytest.mark.parametrize("status", [status for status in REQUESTS if status >= 400])
def test_every_error_is_a_problem_document_with_this_requests_id(status: int) -> None:
    answer = answer_with(status)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body.keys() - {"errors"} == {"type", "title", "status", "detail", "code", "request_id"}
    assert answer.body["status"] == status
    assert answer.body["request_id"] == REQUEST_ID
    assert answer.body["type"] == f"/docs#{answer.body['code']}"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_no_type_either(status: int) -> None:
    answer = answer_with(status)

    assert answer.text == ""
    assert "Content-Type" not in answer.headers


def test_what_is_created_says_where_it_is_and_its_version() -> None:
    answer = answer_with(201)

    assert answer.headers["Location"] == "/things/t1"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/things/t1", "GET, OPTIONS, PUT"),
        ("PATCH", "/things", "GET, OPTIONS, POST"),
        ("HEAD", "/things", "GET, OPTIONS, POST"),
        ("TRACE", "/public", "OPTIONS, POST"),
        ("get", "/things", "GET, OPTIONS, POST"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(method: str, path: str, allow: str) -> None:
    answer = call(method, path)

    assert answer.told == (405, "method_not_allowed")
    assert answer.headers["Allow"] == allow


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_an_unknown_resource_is_a_404_for_every_method(method: str) -> None:
    answer = call(method, "/nothing")

    assert answer.told == (404, "not_found")
    assert "Allow" not in answer.headers


@pytest.mark.parametrize(
    "correlation_id", ["a" * 8, "a" * 128, "Az09_.:-", "00-4bf92f3577b34da6a3ce929d0e0e4736-01"]
)
def test_a_correlation_id_of_the_right_form_comes_back(correlation_id: str) -> None:
    answer = call("GET", "/things", X_Correlation_Id=correlation_id)

    assert answer.headers["X-Correlation-Id"] == correlation_id
    assert answer.headers["X-Request-Id"] == REQUEST_ID


@pytest.mark.parametrize(
    "correlation_id",
    ["", "a" * 7, "a" * 129, "with space", "line\r\nSet-Cookie: a=b", "12345678\n", "ümlaut-00", "<script>"],
)
def test_any_other_correlation_id_is_replaced_by_ours(correlation_id: str) -> None:
    answer = call("GET", "/things", X_Correlation_Id=correlation_id)

    assert answer.headers["X-Correlation-Id"] == REQUEST_ID


def test_a_request_id_of_the_clients_is_never_taken() -> None:
    assert call("GET", "/things", X_Request_Id="mine-00000").headers["X-Request-Id"] == REQUEST_ID


def test_an_event_without_an_id_gets_one() -> None:
    sent = event("GET", "/things")
    del sent["requestContext"]["requestId"]

    first, second = (answered(function()(sent)).headers["X-Request-Id"] for _ in range(2))

    assert re.fullmatch(r"[0-9a-f-]{36}", first)
    assert first != second


@pytest.mark.parametrize("missing", ["requestContext", "multiValueHeaders", "path", "pathParameters"])
def test_an_event_that_lacks_a_part_is_still_answered(missing: str) -> None:
    for sent in ({**event("GET", "/things"), missing: None}, event("GET", "/things")):
        if sent[missing] is not None:
            del sent[missing]

        assert answered(function()(sent)).status == 200


def test_of_a_repeated_header_the_last_value_stands_whatever_its_spelling() -> None:
    sent = event("GET", "/things")
    sent["multiValueHeaders"] = {"x-CORRELATION-id": ["the-first-one", "the-last-one"]}

    assert answered(function()(sent)).headers["X-Correlation-Id"] == "the-last-one"


@pytest.mark.parametrize(
    "sent_headers",
    [
        {"Authorization": ["Bearer forged", "Bearer buyer"]},
        {"Authorization": ["Bearer buyer", "Bearer forged"]},
        {"Authorization": ["Bearer buyer", "Bearer buyer"]},
        {"Authorization": ["Bearer buyer"], "authorization": ["Bearer buyer"]},
    ],
)
def test_several_credentials_are_none(sent_headers: dict[str, list[str]]) -> None:
    sent = event("GET", "/things/t1")
    sent["multiValueHeaders"] = sent_headers

    assert answered(function()(sent)).told == (401, "unauthenticated")


@pytest.mark.parametrize("header", ["bearer buyer", "BEARER buyer", "Bearer  buyer "])
def test_the_scheme_is_known_in_any_case(header: str) -> None:
    assert call("GET", "/things/t1", Authorization=header).status == 200


@pytest.mark.parametrize("space", ["\xa0", "\x85", "\t", "\u2003", "\x1f"])
def test_only_spaces_stand_around_a_token(space: str) -> None:
    for header in (f"Bearer {space}buyer", f"Bearer buyer{space}"):
        assert call("GET", "/things/t1", Authorization=header).told == (401, "unauthenticated")


def test_a_401_says_how_to_authenticate_and_whether_the_token_was_at_fault() -> None:
    without, other = call("GET", "/things/t1"), call("GET", "/things/t1", Authorization="Basic YTpi")
    forged = call("GET", "/things/t1", token="forged")

    assert without.headers["WWW-Authenticate"] == other.headers["WWW-Authenticate"] == "Bearer"
    assert forged.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_content_that_is_no_json_keeps_its_type_and_text_says_its_charset() -> None:
    text = call("GET", "/file", app=App(seen=["ä {}".encode()]))
    binary = function(App(seen=[b"\xff\xfe"]))(event("GET", "/file"))

    assert text.text == "ä {}"
    assert text.headers["Content-Type"] == "text/css; charset=utf-8"
    assert binary["isBase64Encoded"] is True
    assert base64.b64decode(binary["body"]) == b"\xff\xfe"


@pytest.mark.parametrize("name", ["X_HTTP_Method_Override", "X_HTTP_Method", "X_Method_Override"])
def test_no_header_or_parameter_makes_a_request_another_method(name: str) -> None:
    header: Any = {name: "PUT"}
    overridden = call("GET", "/things/t1", token="agent", If_Match='"3"', **header)
    parameter = call("GET", "/things/t1", token="agent", query="_method=PUT")

    assert (overridden.status, overridden.headers["ETag"]) == (200, '"3"')
    assert parameter.told == (422, "invalid_request")


@pytest.mark.parametrize(
    "method", ["CONNECT", "Post", "post", "GET ", "GET\n", "", "PRI", "\u0262ET", "X" * 5000]
)
def test_what_is_no_method_of_the_resource_exactly_is_a_405(method: str) -> None:
    sent = event("GET", "/things") | {"httpMethod": method}

    answer = answered(function()(sent))

    assert answer.told == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, OPTIONS, POST"


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/json; charset=utf-16", "\x00", "multipart/x"]
)
def test_a_request_without_a_body_may_say_what_it_likes_about_one(content_type: str) -> None:
    assert call("GET", "/things", Content_Type=content_type, Content_Encoding="gzip").status == 200
