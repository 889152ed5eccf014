"""What a request ends in, as bytes and headers, and as the proxy response that the gateway takes."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from greenroom.refusals import Refusal, Unauthenticated
from greenroom.storage.idempotency import Replayed

from .answers import Answer, Content, Unready
from .headers import SECURITY_HEADERS
from .preconditions import not_modified
from .problems import PROBLEM_TYPE, problem
from .requests import Request
from .routes import Route

_JSON = "application/json"
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Response:
    """A status, the headers particular to it, and the body's bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    code: str | None = None
    """The code of a refusal, for the log line."""

    def with_headers(self, more: Mapping[str, str]) -> "Response":
        """Return the same response with more headers."""
        return replace(self, headers={**self.headers, **more})


def answer_headers(answer: Answer[Any]) -> dict[str, str]:
    """Return the headers of an answer that a replay must give again.

    A value that could begin another line is a fault of ours, found here before anything is written.
    """
    headers = dict(answer.headers)
    if answer.etag is not None:
        headers["ETag"] = f'"{answer.etag}"'
    if answer.location is not None:
        headers["Location"] = answer.location
    if answer.body is not None:
        headers["Content-Type"] = _JSON
    for name, value in headers.items():
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} is no line of visible ASCII")
    return headers


def answer_content(answer: Answer[Any]) -> bytes:
    """Return the bytes of an answer's body."""
    if isinstance(answer, Content):
        return answer.content
    return b"" if answer.body is None else answer.body.model_dump_json().encode()


def from_answer(answer: Answer[Any], route: Route, request: Request) -> Response:
    """Turn a route's answer into a response: 304 where the caller has it, 503 where a health check fails."""
    headers = answer_headers(answer)
    if isinstance(answer, Content):
        headers["Content-Type"] = answer.content_type
    if route.method == "GET" and answer.etag is not None:
        if route.public:
            # The copy may be kept, but only to be asked about: a stale one is never shown. What is somebody's
            # own is kept by no browser; a client that holds it in memory may ask by its tag all the same.
            headers.setdefault("Cache-Control", "no-cache")
        if not answer.always_whole and not_modified(request, answer.etag):
            for name in ("Content-Type", "Content-Encoding"):
                headers.pop(name, None)
            return Response(304, headers, b"")
    status = 503 if isinstance(answer, Unready) and not answer.ready else answer.status
    return Response(status, headers, answer_content(answer))


def from_refusal(refusal: Refusal, request: Request) -> Response:
    """Turn a refusal into its problem document."""
    headers = {"Content-Type": PROBLEM_TYPE}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        token_at_fault = isinstance(refusal, Unauthenticated) and request.bearer_token
        headers["WWW-Authenticate"] = "Bearer" + (' error="invalid_token"' if token_at_fault else "")
    return Response(refusal.status, headers, problem(refusal, request.request_id), refusal.code)


def from_replay(replayed: Replayed) -> Response:
    """Give a stored answer again."""
    return Response(replayed.status, {**replayed.headers, "Idempotency-Replayed": "true"}, replayed.body)


def proxy_response(response: Response, request: Request, cors: Mapping[str, str]) -> dict[str, Any]:
    """Return the REST proxy response, with the headers that every answer has."""
    headers = {
        "Cache-Control": "no-store",
        **SECURITY_HEADERS,
        **response.headers,
        **cors,
        "X-Request-Id": request.request_id,
        "X-Correlation-Id": request.correlation_id,
    }
    if vary := ", ".join(each["Vary"] for each in (response.headers, cors) if "Vary" in each):
        headers["Vary"] = vary
    content_type = headers.get("Content-Type", _JSON)
    try:
        body, encoded = response.content.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(response.content).decode(), True
    if content_type.startswith("text/") and "charset" not in content_type:
        headers["Content-Type"] = f"{content_type}; charset=utf-8"
    return {"statusCode": response.status, "headers": headers, "body": body, "isBase64Encoded": encoded}
