"""What a request tells of whoever sent it: by our own words, once for each kind, and without any effect."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from greenroom.gateway.suspicion import KINDS
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.unit.gateway.sample import ORIGIN, REQUEST_ID, App, answered, call, event, function
from tests.unit.gateway.test_suspicion import ATTACKS

PROBE = "<script>x</script>"


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The lines written while the test runs."""
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def told(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["category"] == "security"]


def test_an_attack_is_told_by_its_kind_and_place_and_by_whom(lines: list[dict[str, Any]]) -> None:
    answer = call("POST", "/things", token="buyer", body={"name": PROBE}, Idempotency_Key="k")

    security, request = lines
    assert (answer.status, request["status"]) == (201, 201)
    assert security.keys() == {
        *("category", "event", "severity", "kind", "where", "field", "route", "principal_id", "request_id"),
        *("level", "timestamp", "service", "SecurityEvents", "_aws"),
    }
    assert (
        security.items()
        >= {
            "category": "security",
            "event": "malicious_extraneous",
            "severity": "WARN",
            "kind": "script",
            "where": "body",
            "field": "name",
            "route": "/things",
            "principal_id": "usr_buyer",
            "request_id": REQUEST_ID,
        }.items()
    )


def test_what_resembles_an_attack_is_served_and_kept_as_it_was_written() -> None:
    app = App()
    name = "'or 1=1;-- O'Brien"

    answer = call("POST", "/public", app=app, body={"name": name})

    assert answer.status == 204
    assert app.seen[0].name == name


@pytest.mark.parametrize(
    ("sent", "where", "field"),
    [
        ({"method": "POST", "path": "/public", "body": {"name": PROBE}}, "body", "name"),
        (
            {"method": "POST", "path": "/public", "body": {"name": "a", "tags": ["b", PROBE]}},
            "body",
            "tags.1",
        ),
        (
            {"method": "POST", "path": "/public", "body": {"name": "a", "price": {"currency": PROBE}}},
            "body",
            "price.currency",
        ),
        ({"method": "POST", "path": "/public", "body": {"hunter2": PROBE}}, "body", "?"),
        (
            {"method": "POST", "path": "/public", "body": {"price": {"4111111111111111": PROBE}}},
            "body",
            "price.?",
        ),
        ({"method": "GET", "path": "/things", "query": "q=%3Cscript%3E"}, "query", "q"),
        ({"method": "GET", "path": "/things", "query": "hunter2=%3Cscript%3E"}, "query", "?"),
        ({"method": "GET", "path": "/public/%3Cscript%3E"}, "path", "name"),
        ({"method": "GET", "path": "/things", "User_Agent": PROBE}, "header", "user-agent"),
        ({"method": "GET", "path": "/things", "Referer": PROBE}, "header", "referer"),
        ({"method": "GET", "path": "/things", "X_Correlation_Id": PROBE}, "header", "x-correlation-id"),
        ({"method": "OPTIONS", "path": "/things", "User_Agent": PROBE}, "header", "user-agent"),
        ({"method": "GET", "path": "/nothing", "Referer": PROBE}, "header", "referer"),
    ],
)
def test_it_is_found_wherever_a_client_can_write(
    lines: list[dict[str, Any]], sent: dict[str, Any], where: str, field: str
) -> None:
    call(sent.pop("method"), sent.pop("path"), **sent)

    (attack,) = [line for line in told(lines) if line.get("kind") == "script"]
    assert (attack["where"], attack["field"]) == (where, field)
    assert not {"hunter2", "4111111111111111", "script>"} & set(json.dumps(lines).split('"'))
    assert "hunter2" not in json.dumps(lines)


def test_a_request_tells_each_kind_once_whatever_it_holds(lines: list[dict[str, Any]]) -> None:
    every = " ".join(text for texts in ATTACKS.values() for text in texts if "\x00" not in text)[:3000]

    call("POST", "/public", body={"name": "a", "tags": [every] * 20}, User_Agent="sqlmap/1", Origin="null")

    kinds = [line.get("kind", line["event"]) for line in told(lines)]
    assert sorted(kinds) == sorted(set(kinds))
    assert set(kinds) == {*KINDS, "malicious_attack_tool", "malicious_cors"}


def test_reaching_for_files_is_told_under_its_own_name(lines: list[dict[str, Any]]) -> None:
    call("GET", "/public/..%2f..%2fetc%2fpasswd")

    assert [(line["event"], line["kind"]) for line in told(lines)] == [
        ("malicious_direct_reference", "traversal")
    ]


def test_an_attack_on_which_we_fail_is_critical(lines: list[dict[str, Any]]) -> None:
    call("GET", "/broken", Referer=PROBE)

    assert [line["severity"] for line in told(lines)] == ["CRITICAL"]


def test_secrets_are_not_looked_into(lines: list[dict[str, Any]]) -> None:
    call("POST", "/public", body={"name": "a", "password": PROBE, "token": PROBE, "price": {"code": PROBE}})
    call("GET", "/things", query=f"cursor={PROBE}")

    assert [line for line in told(lines) if line.get("kind") == "script"] == []


def test_a_raw_body_is_not_looked_into(lines: list[dict[str, Any]]) -> None:
    call("POST", "/raw", raw=PROBE.encode())

    assert told(lines) == []


@pytest.mark.parametrize(("before", "seen"), [(498, 1), (499, 0)])
def test_of_a_body_of_many_texts_five_hundred_are_looked_at(
    lines: list[dict[str, Any]], before: int, seen: int
) -> None:
    answer = call("POST", "/public", body={"name": "a", "tags": ["b"] * before + [PROBE]})

    assert answer.status == 204
    assert len(told(lines)) == seen


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://evil.test", "null", "https://api.test.evil.test", f"{ORIGIN}/"])
def test_a_page_that_is_not_allowed_is_told_without_its_address(
    lines: list[dict[str, Any]], origin: str, method: str
) -> None:
    call(method, "/things", Origin=origin, Host="api.test")

    (line,) = told(lines)
    assert (line["event"], line["severity"]) == ("malicious_cors", "WARN")
    assert line["preflight"] == (method == "OPTIONS")
    assert origin not in json.dumps(lines)


@pytest.mark.parametrize("origin", [ORIGIN, "https://api.test", None])
def test_an_allowed_page_and_our_own_are_nothing_to_tell(
    lines: list[dict[str, Any]], origin: str | None
) -> None:
    sent: Any = {"Origin": origin} if origin else {}

    call("GET", "/things", Host="api.test", **sent)

    assert told(lines) == []


def test_an_attack_tool_is_told_by_our_name_for_it(lines: list[dict[str, Any]]) -> None:
    call("GET", "/things", User_Agent="Mozilla/5.00 (Nikto/2.1.6) (hunter2)")

    (line,) = told(lines)
    assert (line["event"], line["severity"], line["tool"]) == ("malicious_attack_tool", "WARN", "nikto")
    assert "hunter2" not in json.dumps(lines)


def test_refused_fields_are_told_by_name_and_unknown_ones_by_number(lines: list[dict[str, Any]]) -> None:
    body = {"name": 1, "count": "x", "ratio": "x", "loud": 1, "hunter2": 1, "x" * 500: 1}

    call("POST", "/public", body=body)

    (line,) = told(lines)
    assert (line["event"], line["severity"]) == ("input_validation_fail", "INFO")
    assert (line["fields"], line["count"], line["unknown"]) == (["name", "count", "ratio"], 6, 2)
    assert "hunter2" not in json.dumps(lines)


@pytest.mark.parametrize("sent", [{"query": "limit=0"}, {"query": "limit=1&limit=2"}])
def test_refused_parameters_are_told_too(lines: list[dict[str, Any]], sent: dict[str, Any]) -> None:
    call("GET", "/things", **sent)

    assert [(line["event"], line["fields"]) for line in told(lines)] == [("input_validation_fail", ["limit"])]


@pytest.mark.parametrize("field", ["role", "agent_id", "version", "state", "__proto__", "is_admin"])
def test_a_field_that_only_a_server_sets_is_a_try(lines: list[dict[str, Any]], field: str) -> None:
    call("POST", "/public", body={"name": "a", field: "admin"})

    failed, tried = told(lines)
    assert failed["event"] == "input_validation_fail"
    assert (tried["event"], tried["severity"]) == ("malicious_extraneous", "WARN")
    assert (tried["kind"], tried["fields"]) == ("servers_own", [field])


def test_a_misspelt_field_is_none(lines: list[dict[str, Any]]) -> None:
    call("POST", "/public", body={"name": "a", "venu": "Olympia"})

    assert [line["event"] for line in told(lines)] == ["input_validation_fail"]


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000, b'{"name": NaN}'])
def test_a_body_that_is_no_json_is_no_event_of_its_own(lines: list[dict[str, Any]], raw: bytes) -> None:
    call("POST", "/public", raw=raw)

    assert [line["category"] for line in lines] == ["request"]


def test_an_ordinary_request_tells_nothing(lines: list[dict[str, Any]]) -> None:
    call(
        "POST",
        "/public",
        body={"name": "Sinéad O'Brien", "tags": ["SELECT the songs; drop by -- at 5"]},
        User_Agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0",
        Referer="https://booking.test/celebrities?q=zoe",
        Origin=ORIGIN,
    )

    assert [line["category"] for line in lines] == ["request"]


def test_an_event_that_lacks_its_parts_is_still_answered() -> None:
    sent = event("GET", "/things") | {"pathParameters": None, "multiValueHeaders": {"User-Agent": []}}

    assert answered(function()(sent)).status == 200
