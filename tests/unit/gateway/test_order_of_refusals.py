"""A request that is wrong in several ways is refused for the first of them, in the contract's order."""

from typing import Any

import pytest

from greenroom.gateway.admission import Admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.requests import LARGEST_BODY
from tests.unit.gateway.sample import NOW, App, answered, call, event, routes

# One fault of each step, and how the request looks without it; the order is the contract's.
FAULTS: dict[str, dict[str, Any]] = {
    "decode": {"raw": b'{"count":NaN}'},
    "token": {"token": "forged"},
    "role": {"token": "buyer"},
    "missing": {"path": "/things/t9"},
    "precondition": {"If_Match": '"1"'},
    "body": {"body": {"name": 5}},
    "state": {"sold": True},
}
CODES = {
    "decode": (400, "malformed_body"),
    "token": (401, "unauthenticated"),
    "role": (403, "forbidden"),
    "missing": (404, "not_found"),
    "precondition": (412, "precondition_failed"),
    "body": (422, "invalid_request"),
    "state": (409, "sold"),
}
STEPS = list(FAULTS)


def changing(**request: Any) -> Any:
    app = App(sold=request.pop("sold", False))
    given = {"token": "agent", "body": {"name": "a"}, "If_Match": '"3"', **request}
    answer = call("PUT", given.pop("path", "/things/t1"), app=app, **given)
    return answer, app


@pytest.mark.parametrize("first", STEPS)
def test_of_all_faults_from_one_step_on_the_first_is_told(first: str) -> None:
    faults = STEPS[STEPS.index(first) :]
    request: dict[str, Any] = {}
    for fault in reversed(faults):
        request |= FAULTS[fault]

    answer, app = changing(**request)

    assert answer.told == CODES[first]
    assert app.seen == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(one, other) for number, one in enumerate(STEPS) for other in STEPS[number + 1 :]],
)
def test_of_two_faults_the_earlier_step_is_told(earlier: str, later: str) -> None:
    answer, app = changing(**{**FAULTS[later], **FAULTS[earlier]})

    assert answer.told == CODES[earlier]
    assert app.seen == []


def test_without_a_fault_the_request_is_served() -> None:
    answer, app = changing()

    assert answer.status == 204
    assert len(app.seen) == 1


def test_a_missing_if_match_comes_after_the_missing_thing_and_before_the_body() -> None:
    missing = call("PUT", "/things/t9", token="agent", body={})
    unconditional = call("PUT", "/things/t1", token="agent", body={})

    assert missing.told == (404, "not_found")
    assert unconditional.told == (428, "precondition_required")


@pytest.mark.parametrize(
    ("raw", "content_type", "code"),
    [
        (b"x" * (LARGEST_BODY + 1), "text/plain", "body_too_large"),
        (b"not json", "text/plain", "unsupported_media_type"),
        (b"not json", "application/json", "malformed_body"),
    ],
)
def test_what_cannot_be_decoded_is_refused_before_the_token_is_asked_for(
    raw: bytes, content_type: str, code: str
) -> None:
    assert call("PUT", "/things/t1", raw=raw, Content_Type=content_type).body["code"] == code


@pytest.mark.parametrize("raw", [b'{"name":"\\u0000"}', b'{"name":"\\ud800"}', b'{"name":"\\u202e"}'])
def test_forbidden_characters_are_a_fault_of_the_body_and_told_last(raw: bytes) -> None:
    anonymous = call("PUT", "/things/t1", raw=raw)
    wrong_role = call("PUT", "/things/t1", raw=raw, token="buyer")
    missing = call("PUT", "/things/t9", raw=raw, token="agent")
    stale = call("PUT", "/things/t1", raw=raw, token="agent", If_Match='"1"')
    only = call("PUT", "/things/t1", raw=raw, token="agent", If_Match='"3"')

    assert [answer.status for answer in (anonymous, wrong_role, missing, stale, only)] == [
        401,
        403,
        404,
        412,
        422,
    ]


def test_an_unverified_address_is_told_after_the_role_and_before_the_key() -> None:
    agent = call("POST", "/things", token="agent", body={})
    unverified = call("POST", "/things", token="unverified", body={})
    without_key = call("POST", "/things", token="buyer", body={})
    bad_body = call("POST", "/things", token="buyer", body={}, Idempotency_Key="k")

    assert agent.told == (403, "forbidden")
    assert unverified.told == (403, "email_not_verified")
    assert without_key.told == (400, "idempotency_key_required")
    assert bad_body.told == (422, "invalid_request")


def test_a_foreign_thing_looks_like_a_missing_one_before_key_and_body() -> None:
    foreign = call("POST", "/things/t1/orders", token="stranger", body={})
    missing = call("POST", "/things/t9/orders", token="stranger", body={})

    assert foreign == missing
    assert foreign.told == (404, "not_found")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "buyer", "Bearer forged x"])
def test_without_a_usable_token_every_closed_route_is_a_401(header: str | None) -> None:
    given: dict[str, Any] = {} if header is None else {"Authorization": header}

    answers = [
        call("GET", "/things/t1", **given),
        call("POST", "/things", body={}, **given),
        call("PUT", "/things/t1", body={}, **given),
    ]

    assert [answer.told for answer in answers] == [(401, "unauthenticated")] * 3
    assert all(answer.headers["WWW-Authenticate"].startswith("Bearer") for answer in answers)


def test_an_open_route_does_not_even_look_at_the_token() -> None:
    assert call("GET", "/public/x", token="forged").status == 200


@pytest.mark.parametrize("admission", [Admission(), Admission(verify=lambda *_: None)])  # type: ignore[arg-type]
def test_a_function_that_cannot_tell_who_calls_serves_nobody(admission: Admission) -> None:
    app = App()
    function = Function(routes, lambda: Composition(app=app, admission=admission, clock=lambda: NOW))
    sent = event(
        "PUT",
        "/things/t1",
        headers=[("authorization", "Bearer agent"), ("content-type", "application/json"), ("if-match", "*")],
        body=b'{"name":"a"}',
    )

    assert answered(function(sent)).status in {401, 403}
    assert app.seen == []


@pytest.mark.parametrize(
    "value",
    ["x" * 129, "x" * 3000, "a%00b", "%E2%80%AE", "a%2Fb", "a%20b", "a'b", "<b>"],
)
def test_a_path_that_names_nothing_possible_is_a_404_and_reaches_no_store(value: str) -> None:
    app = App()

    answer = call("GET", f"/public/{value}", app=app)

    assert answer.told == (404, "not_found")
    assert app.seen == []


@pytest.mark.parametrize("value", ["x" * 128, "ada-lovelace", "cel_01JD0000000000000000000000", "a.b~c"])
def test_ids_and_slugs_reach_the_route(value: str) -> None:
    app = App()

    assert call("GET", f"/public/{value}", app=app).status == 200
    assert app.seen == [value]
