"""The event that a function gets must be the one that the deployed gateway would send."""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.events import Received, proxy_event
from local.routes import Resource, RouteTable

# Written down in the shape of events recorded from the service: same keys, same types, same decoding.
EVENTS = json.loads((Path(__file__).parent / "gateway_events.json").read_text("utf-8"))
NOW = datetime(2027, 1, 12, 21, 45, 55, 123000, tzinfo=UTC)
ROUTES = RouteTable(
    [
        Resource("/v1/celebrities/{celebrity_id}/availability", {"GET": "catalog"}),
        Resource("/v1/bookings", {"POST": "bookings", "GET": "bookings"}),
    ]
)

# What belongs to one deployment or one request, and so differs from what was written down.
PARTICULAR = {
    "accountId",
    "apiId",
    "deploymentId",
    "extendedRequestId",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "stage",
    "X-Forwarded-Proto",
}


def event_for(
    method: str = "POST",
    path: str = "/v1/bookings",
    *,
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (("host", "127.0.0.1:8080"),),
    body: bytes = b"",
) -> dict[str, Any]:
    received = Received(method, path, query, headers, body, "198.51.100.7", 443)
    match = ROUTES.match(path)
    assert match is not None
    return proxy_event(received, match, request_id="11111111-2222-3333-4444-555555555555", now=NOW)


def shape(value: Any) -> Any:
    """Return the keys and the types of a value, without what it says."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def without_particulars(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_particulars(inner) for key, inner in value.items() if key not in PARTICULAR}
    return value


@pytest.fixture
def reading() -> dict[str, Any]:
    return event_for(
        "GET",
        "/v1/celebrities/mina%2Dsol/availability/",
        query="tz=Etc%2FGMT%2B2&to=2027-01-01&to=2027-01-02",
        headers=(
            ("host", "api.example.test"),
            ("user-agent", "curl/8.9.1"),
            ("accept", "*/*"),
            ("accept-language", "en"),
            ("accept-language", "ko"),
            ("authorization", "Bearer abc"),
            ("x-amzn-trace-id", "Root=1-65a1b2c3-0123456789abcdef01234567"),
            ("x-forwarded-for", "203.0.113.9"),
        ),
    )


@pytest.fixture
def writing() -> dict[str, Any]:
    return event_for(
        headers=(
            ("host", "api.example.test"),
            ("user-agent", "curl/8.9.1"),
            ("content-type", "application/json"),
            ("content-length", "20"),
            ("connection", "keep-alive"),
            ("x-amzn-trace-id", "Root=1-65a1b2c3-0123456789abcdef01234567"),
        ),
        body='{"brief": "Grüße"}'.encode(),
    )


@pytest.mark.parametrize("name", ["reading", "writing"])
def test_an_event_has_the_keys_and_types_of_a_recorded_one(name: str, request: pytest.FixtureRequest) -> None:
    assert shape(request.getfixturevalue(name)) == shape(EVENTS[name])


@pytest.mark.parametrize("name", ["reading", "writing"])
def test_an_event_says_what_a_recorded_one_says(name: str, request: pytest.FixtureRequest) -> None:
    assert without_particulars(request.getfixturevalue(name)) == without_particulars(EVENTS[name])


def test_time_and_ids_have_the_recorded_forms(reading: dict[str, Any]) -> None:
    context = reading["requestContext"]

    assert context["requestTime"] == "12/Jan/2027:21:45:55 +0000"
    assert context["requestTimeEpoch"] == 1799790355123
    assert re.fullmatch(r"[A-Za-z0-9+/]{15}=", context["extendedRequestId"])
    assert re.fullmatch(r"[0-9a-z]{6}", context["resourceId"])
    assert context["requestId"] == "11111111-2222-3333-4444-555555555555"


def test_an_event_survives_json(reading: dict[str, Any]) -> None:
    assert json.loads(json.dumps(reading)) == reading


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("q=a+b", {"q": ["a b"]}),
        ("q=a%2Bb", {"q": ["a+b"]}),
        ("q=%2541", {"q": ["%41"]}),
        ("q", {"q": [""]}),
        ("q=&q=x", {"q": ["", "x"]}),
        ("q=%C3%A9", {"q": ["é"]}),
        ("q=%FF", {"q": ["\N{REPLACEMENT CHARACTER}"]}),
        ("a=1;b=2", {"a": ["1;b=2"]}),
    ],
)
def test_query_values_are_decoded_once(query: str, expected: dict[str, list[str]] | None) -> None:
    event = event_for(query=query)

    assert event["multiValueQueryStringParameters"] == expected
    assert event["queryStringParameters"] == (
        {name: values[-1] for name, values in expected.items()} if expected else None
    )


def test_path_parameters_stay_as_they_were_sent() -> None:
    event = event_for("GET", "/v1/celebrities/a%2Fb+c%20d/availability")

    assert event["pathParameters"] == {"celebrity_id": "a%2Fb+c%20d"}
    assert event["path"] == "/v1/celebrities/a%2Fb+c%20d/availability"


def test_slashes_before_the_path_are_one_slash_for_the_function() -> None:
    event = event_for("GET", "///v1/bookings")

    assert (event["path"], event["requestContext"]["path"]) == ("/v1/bookings", "///v1/bookings")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"--x--", b"{}", b"\x00", "Grüße".encode()])
def test_a_body_arrives_byte_for_byte_in_base64(body: bytes) -> None:
    event = event_for(body=body)

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_a_client_cannot_choose_its_source_address() -> None:
    event = event_for(
        headers=(("host", "h"), ("x-forwarded-for", "10.0.0.1"), ("x-forwarded-proto", "https"))
    )

    assert event["requestContext"]["identity"]["sourceIp"] == "198.51.100.7"
    assert event["headers"]["X-Forwarded-For"] == "10.0.0.1, 198.51.100.7"
    assert event["headers"]["X-Forwarded-Proto"] == "http"


def test_a_trace_id_that_is_none_is_replaced() -> None:
    event = event_for(headers=(("host", "h"), ("x-amzn-trace-id", "nonsense")))

    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", event["headers"]["X-Amzn-Trace-Id"])


def test_headers_of_one_hop_do_not_reach_the_function() -> None:
    hops = ("connection", "keep-alive", "te", "transfer-encoding", "upgrade", "expect", "content-length")

    event = event_for(headers=(("host", "h"), *((name, "x") for name in hops)))

    assert not {name.lower() for name in event["multiValueHeaders"]} & set(hops)


def test_no_user_agent_is_null() -> None:
    assert event_for()["requestContext"]["identity"]["userAgent"] is None


def test_the_domain_is_the_host_without_its_port() -> None:
    context = event_for()["requestContext"]

    assert (context["domainName"], context["domainPrefix"]) == ("127.0.0.1", "127")
