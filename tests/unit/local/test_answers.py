"""What the gateway makes of a function's answer; the cases follow recorded behaviour of the service."""

from typing import Any

import pytest

from local.answers import MalformedAnswer, answer_of

JSON = ("Content-Type", "application/json")


@pytest.mark.parametrize(
    ("payload", "status", "headers", "body"),
    [
        ({"statusCode": 200}, 200, {JSON}, b""),
        ({}, 200, {JSON}, b""),
        ({"statusCode": "201", "body": "é"}, 201, {JSON}, "é".encode()),
        ({"statusCode": 200, "headers": None, "multiValueHeaders": None, "body": None}, 200, {JSON}, b""),
        ({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}, 200, {JSON}, b"hi"),
        ({"statusCode": 200, "body": "aGk=", "isBase64Encoded": False}, 200, {JSON}, b"aGk="),
        (
            {"statusCode": 200, "headers": {"content-type": "text/plain", "X-Flag": True}},
            200,
            {("content-type", "text/plain"), ("X-Flag", "true")},
            b"",
        ),
        (
            {"statusCode": 200, "headers": {"V": "a"}, "multiValueHeaders": {"V": ["a", "b"], "W": ["c"]}},
            200,
            {JSON, ("V", "a"), ("V", "b"), ("W", "c")},
            b"",
        ),
    ],
)
def test_a_well_formed_answer_becomes_http(
    payload: dict[str, Any], status: int, headers: set[tuple[str, str]], body: bytes
) -> None:
    answer = answer_of(payload)

    assert (answer.status, set(answer.headers), answer.body) == (status, headers, body)
    assert len(answer.headers) == len(headers)


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (None, "no object"),
        ("a text", "no object"),
        ([], "no object"),
        ({"statusCode": 200, "cookies": []}, "cookies"),
        ({"errorMessage": "boom", "errorType": "ValueError"}, "errorMessage"),
        ({"statusCode": "ok"}, "'ok'"),
        ({"statusCode": 99}, "99"),
        ({"statusCode": True}, "True"),
        ({"statusCode": None}, "None"),
        ({"statusCode": 200, "body": {"a": 1}}, "body"),
        ({"statusCode": 200, "headers": ["a"]}, "headers"),
        ({"statusCode": 200, "headers": {"a": ["b"]}}, "a"),
        ({"statusCode": 200, "headers": {"Location": "x\r\nSet-Cookie: y"}}, "Location"),
        ({"statusCode": 200, "multiValueHeaders": {"a": "b"}}, "a"),
        ({"statusCode": 200, "body": "%%%", "isBase64Encoded": True}, "base64"),
        ({"statusCode": 200, "body": "x" * (6 * 1024 * 1024)}, "6 MB"),
    ],
)
def test_a_malformed_answer_is_refused(payload: object, complaint: str) -> None:
    with pytest.raises(MalformedAnswer, match=complaint):
        answer_of(payload)
