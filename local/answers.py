"""What a function answered, checked and turned into HTTP as the gateway does it."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

_FIELDS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_MOST_BYTES = 6 * 1024 * 1024  # Lambda's own bound on an answer
_STATUSES = range(200, 600)


class MalformedAnswer(Exception):
    """The function's answer is not one that the gateway takes; the message says why, for the console."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; a header name may come more than once."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer_of(payload: object) -> Answer:
    """Check a function's answer, as decoded from its JSON. Raises ``MalformedAnswer``.

    ``headers`` and ``multiValueHeaders`` are merged; without a content type the gateway says JSON.
    """
    if not isinstance(payload, dict):
        raise MalformedAnswer("the answer is no object")
    if unknown := payload.keys() - _FIELDS:
        raise MalformedAnswer(f"the gateway knows no field {min(unknown)!r}")
    if len(json.dumps(payload)) > _MOST_BYTES:
        raise MalformedAnswer("the answer is larger than 6 MB")
    headers = _headers(payload)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Answer(_status(payload.get("statusCode", 200)), tuple(headers), _body(payload))


def _status(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or value not in _STATUSES:
        raise MalformedAnswer(f"{value!r} is no status")
    return value


def _headers(payload: dict[str, Any]) -> list[tuple[str, str]]:
    single, multiple = payload.get("headers") or {}, payload.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedAnswer("headers are an object")
    pairs: list[tuple[str, Any]] = []
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedAnswer(f"the values of {name} are no list")
        pairs += [(name, value) for value in values]
    pairs += [pair for pair in single.items() if pair not in pairs]
    return [(name, _header_value(name, value)) for name, value in pairs]


def _header_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int) or any(sign in str(value) for sign in "\r\n\0"):
        raise MalformedAnswer(f"the value of {name} is no text of one line")
    return str(value)


def _body(payload: dict[str, Any]) -> bytes:
    body = payload.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswer("the body is no text")
    if payload.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            raise MalformedAnswer("the body is no base64") from None
    return body.encode("utf-8")
