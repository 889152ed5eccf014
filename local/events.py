"""Events as API Gateway's REST proxy integration (payload 1.0) hands them to a function.

The rules follow recorded events of the real service: the path and its parameters stay percent-encoded as the
client sent them; query names and values are decoded once, ``+`` as a space; the single-value maps keep the
last value; empty maps and an empty body are null. Header names arrive in lower case, as from any HTTP/2
client, but for the few that the service writes itself. ``Content-Length`` and the headers of one hop do
not arrive at all. Every media type is declared binary, so each body arrives in base64. The API is taken to
stand behind a domain of its own, so that no stage is in the path.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.routes import Match

ACCOUNT_ID = "000000000000"
API_ID = "greenroom0"
STAGE = "local"

_DROPPED = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-amzn-trace-id",
        "x-forwarded-for",
        "x-forwarded-port",
        "x-forwarded-proto",
    }
)
_RENAMED = {"authorization": "Authorization", "host": "Host", "user-agent": "User-Agent"}
_TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}")
_NO_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)


@dataclass(frozen=True, slots=True)
class Received:
    """An HTTP request as it came in: path and query still encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    port: int
    """The port that the client spoke to."""

    def header(self, name: str) -> str:
        """Return the header's last value, or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


def proxy_event(received: Received, match: Match, *, request_id: str, now: datetime) -> dict[str, Any]:
    """Return the event for a request that the gateway has routed."""
    headers = _grouped(_headers(received, now))
    query = _grouped(parse_qsl(received.query, keep_blank_values=True))
    return {
        "resource": match.resource.template,
        "path": "/" + received.path.lstrip("/"),
        "httpMethod": received.method,
        "headers": _last(headers),
        "multiValueHeaders": headers or None,
        "queryStringParameters": _last(query),
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.parameters or None,
        "stageVariables": None,
        "requestContext": _context(received, match, request_id, now),
        "body": base64.b64encode(received.body).decode("ascii") if received.body else None,
        "isBase64Encoded": bool(received.body),
    }


def _headers(received: Received, now: datetime) -> Iterable[tuple[str, str]]:
    for name, value in received.headers:
        if name not in _DROPPED:
            yield _RENAMED.get(name, name), value
    sent_trace = received.header("x-amzn-trace-id")
    new_trace = f"Root=1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}"
    forwarded = [value for name, value in received.headers if name == "x-forwarded-for"]
    yield "X-Amzn-Trace-Id", sent_trace if _TRACE.match(sent_trace) else new_trace
    # Anyone can send this header: the gateway keeps what came and adds what it saw.
    yield "X-Forwarded-For", ", ".join([*forwarded, received.source_ip])
    yield "X-Forwarded-Port", str(received.port)
    yield "X-Forwarded-Proto", "http"


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _last(values: dict[str, list[str]]) -> dict[str, str] | None:
    return {name: found[-1] for name, found in values.items()} or None


def _context(received: Received, match: Match, request_id: str, now: datetime) -> dict[str, Any]:
    domain = received.header("host").rpartition(":")[0] or received.header("host")
    return {
        "resourceId": hashlib.sha256(match.resource.template.encode()).hexdigest()[:6],
        "resourcePath": match.resource.template,
        "httpMethod": received.method,
        "extendedRequestId": base64.b64encode(secrets.token_bytes(11)).decode("ascii"),
        "requestTime": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "path": received.path,
        "accountId": ACCOUNT_ID,
        "protocol": "HTTP/1.1",
        "stage": STAGE,
        "domainPrefix": domain.partition(".")[0],
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "requestId": request_id,
        "identity": {
            **dict.fromkeys(_NO_IDENTITY),
            "sourceIp": received.source_ip,
            "userAgent": received.header("user-agent") or None,
        },
        "domainName": domain,
        "deploymentId": "local1",
        "apiId": API_ID,
    }
