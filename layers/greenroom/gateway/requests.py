"""A REST proxy event, read once into the request that the rest of the gateway package works on."""

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Secret

from .problems import BodyTooLarge, MalformedBody

LARGEST_BODY = 256 * 1024
# The gateway passes on what a client sent in this header; only the root's own form is worth a place in a log.
_TRACE_ID = re.compile(r"(?:.*;)?Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;.*)?")
_METHOD = re.compile(r"[A-Za-z]{1,16}")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_.:-]{8,128}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case.

    Of a repeated header the last value stands, except for ``Authorization``: of several none does. ``repr``
    shows no header, query or body, which may hold secrets.
    """

    method: str
    resource: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, list[str]] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    source_ip: str
    request_id: str
    correlation_id: str
    trace_id: str | None
    event: Mapping[str, Any] = field(repr=False)
    key_id: str | None = None
    """The id of the key by which a partner calls. The gateway has checked the key and counted the call."""

    @property
    def bearer_token(self) -> Secret[str] | None:
        """The credentials of ``Authorization: Bearer …``, None without, or with another scheme."""
        header = self.headers.get("authorization")
        if header is None:
            return None
        scheme, _, credentials = header.partition(" ")
        # Spaces alone: whatever else counts as white space in some alphabet would be a second spelling.
        token = credentials.strip(" ")
        return Secret(token) if token and scheme.lower() == "bearer" else None

    def body(self) -> bytes:
        """Return the body's bytes; raise ``MalformedBody`` or ``BodyTooLarge``."""
        text = self.event.get("body") or ""
        if len(text) > LARGEST_BODY * 4 // 3 + 4:
            raise BodyTooLarge
        try:
            body = (
                base64.b64decode(text, validate=True)
                if self.event.get("isBase64Encoded")
                else text.encode("utf-8")
            )
        except ValueError:  # not base64, or text that has no UTF-8
            raise MalformedBody("The body is not valid UTF-8") from None
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge(f"The body may have at most {LARGEST_BODY} bytes")
        return body


def read_event(event: Mapping[str, Any]) -> Request:
    """Read what a request always has. Nothing a client sent makes this fail."""
    context = event.get("requestContext") or {}
    identity = context.get("identity") or {}
    sent = event.get("multiValueHeaders") or {}
    headers = {name.lower(): values[-1] for name, values in sent.items() if values}
    if sum(len(values) for name, values in sent.items() if name.lower() == "authorization") > 1:
        # Whoever stands before us may have looked at another one than we would.
        headers["authorization"] = ""
    request_id = context.get("requestId") or str(uuid.uuid4())
    correlation_id = headers.get("x-correlation-id", "")
    trace = _TRACE_ID.fullmatch(headers.get("x-amzn-trace-id", ""))
    method = str(event.get("httpMethod", ""))
    return Request(
        # Any other word is no method of ours, and has no place in a log.
        method=method if _METHOD.fullmatch(method) else "",
        resource=str(event.get("resource", "")),
        path_parameters=event.get("pathParameters") or {},
        query=event.get("multiValueQueryStringParameters") or {},
        headers=headers,
        # Only the gateway's own word counts: forwarding headers are the client's to invent.
        source_ip=str(identity.get("sourceIp", "")),
        request_id=request_id,
        correlation_id=correlation_id if _CORRELATION_ID.fullmatch(correlation_id) else request_id,
        trace_id=trace[1] if trace else None,
        event=event,
        # Its id, which only the gateway gives, and only where it demands a key; not what a header says.
        key_id=str(identity["apiKeyId"]) if identity.get("apiKeyId") else None,
    )
