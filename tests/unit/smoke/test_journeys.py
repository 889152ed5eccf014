"""What is asked of each function: which answers pass, which do not, and that nothing is changed by it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from greenroom.smoke.asking import Answer, Ask, Unexpected, expect_document, expect_refusal
from greenroom.smoke.events import proxy_event, read_answer
from greenroom.smoke.journeys import JOURNEYS

ASK = Ask(resource="/v1/me")


def _answering(status: int, document: Any, kind: str = "application/json") -> Callable[[Ask], Answer]:
    return lambda _: Answer(status, {"content-type": kind}, json.dumps(document).encode())


@pytest.mark.parametrize("name", JOURNEYS)
def test_no_journey_asks_for_anything_that_would_change_something(name: str) -> None:
    # Whoever answers everything well is asked everything; what is not a GET must be refused.
    refused: list[Ask] = []

    def well(ask: Ask) -> Answer:
        if ask.method != "GET":
            refused.append(ask)
        document = {"items": [], "keys": [{}], "paths": {}, "code": _code(ask)}
        status = {"unauthenticated": 401, "malformed_body": 400, "invalid_signature": 400, "not_found": 404}
        return Answer(
            status.get(_code(ask), 200),
            {"content-type": "application/problem+json"},
            json.dumps(document).encode(),
        )

    JOURNEYS[name](well)

    assert all(_code(ask) for ask in refused)


def _code(ask: Ask) -> str:
    """Return the refusal that a good function gives."""
    if ask.resource == "/v1/auth/login":
        return "malformed_body"
    if ask.resource == "/v1/webhooks/stripe":
        return "invalid_signature"
    if ask.resource == "/v1/celebrities/{celebrity_id}":
        return "not_found"
    guarded = ("/v1/me", "/v1/bookings", "/health/detailed")
    return "unauthenticated" if ask.resource.startswith(guarded) else ""


@pytest.mark.parametrize("name", JOURNEYS)
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_function_that_only_fails_does_not_pass(name: str, status: int) -> None:
    with pytest.raises(Unexpected, match=f"{status} in place of"):
        JOURNEYS[name](_answering(status, {"code": "unavailable"}))


@pytest.mark.parametrize("name", ["auth", "bookings", "payments", "health"])
def test_a_function_that_lets_strangers_in_does_not_pass(name: str) -> None:
    def careless(ask: Ask) -> Answer:
        return _answering(200, {"keys": [{}], "items": [], "paths": {}, "code": ""})(ask)

    with pytest.raises(Unexpected, match=r"200 in place of 40\d"):
        JOURNEYS[name](careless)


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"code": "unauthenticated"}, "application/json"),
        ({"code": "forbidden"}, "application/problem+json"),
        ({}, "application/problem+json"),
        ([], "application/problem+json"),
    ],
)
def test_a_refusal_must_be_the_problem_document_of_its_code(document: Any, kind: str) -> None:
    with pytest.raises(Unexpected):
        expect_refusal(_answering(401, document, kind), ASK, 401, "unauthenticated")


def test_what_went_wrong_is_told_without_a_word_of_the_answer() -> None:
    with pytest.raises(Unexpected) as wrong:
        expect_document(lambda _: Answer(200, {}, b"secret"), ASK, member="items")

    assert str(wrong.value) == "GET /v1/me: no document with 'items'"


@pytest.mark.parametrize("answer", [None, [], {}, {"statusCode": "x"}, {"statusCode": 200, "body": 7}])
def test_what_the_gateway_could_not_pass_on_is_no_answer(answer: Any) -> None:
    with pytest.raises(Unexpected, match="could pass on"):
        read_answer(ASK, answer)


def test_an_event_has_all_that_a_function_reads() -> None:
    ask = Ask(
        method="POST",
        resource="/v1/a/{a_id}",
        parameters={"a_id": "1"},
        query={"q": "x"},
        headers={"Content-Type": "application/json"},
        body=b"{}",
    )

    event = proxy_event(ask)

    assert (event["httpMethod"], event["resource"], event["path"]) == ("POST", "/v1/a/{a_id}", "/v1/a/1")
    assert event["multiValueQueryStringParameters"] == {"q": ["x"]}
    assert event["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert (event["body"], event["isBase64Encoded"]) == ("e30=", True)
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.1"
