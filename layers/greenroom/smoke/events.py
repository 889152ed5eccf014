"""A question as the gateway would hand it to a function (REST proxy integration, payload 1.0)."""

import base64
import uuid
from typing import Any

from .asking import Answer, Ask, Unexpected

# Of the documentation's block: whatever counts by address counts us apart from everybody.
_ADDRESS = "192.0.2.1"
_AGENT = "greenroom-smoke"


def proxy_event(ask: Ask) -> dict[str, Any]:
    """Return the event. Bodies come in base64, as the API declares every media type binary."""
    headers = {"Host": "smoke.invalid", "User-Agent": _AGENT, **ask.headers}
    return {
        "resource": ask.resource,
        "path": ask.path,
        "httpMethod": ask.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(ask.query) or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in ask.query.items()} or None,
        "pathParameters": dict(ask.parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": ask.resource,
            "httpMethod": ask.method,
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": _ADDRESS, "userAgent": _AGENT},
        },
        "body": base64.b64encode(ask.body).decode() if ask.body else None,
        "isBase64Encoded": bool(ask.body),
    }


def read_answer(ask: Ask, answer: Any) -> Answer:
    """Return what the gateway would answer; raise ``Unexpected`` where it would answer 502."""
    try:
        body: str = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        headers = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
        return Answer(int(answer["statusCode"]), headers, content)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unexpected(f"{ask}: not an answer that the gateway could pass on") from None
