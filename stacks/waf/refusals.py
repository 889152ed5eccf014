"""What an address that calls too often is told.

WAF sends these itself, before the gateway: 429 with ``Retry-After`` is beyond the gateway's one answer for
all that WAF blocks (``WAF_FILTERED``, see ``gateway_responses``). In return it can say ``application/json``
at most, and knows no request id. The managed groups' refusals take the gateway's answer, which has both.
"""

import json
from collections.abc import Mapping

from aws_cdk import aws_wafv2 as wafv2

from stacks.openapi import InvalidDocument

BODY = "too_many_requests"
"""The key of the body in the web ACL."""

MOST_HEADERS = 10
LONGEST_VALUE = 255


def bodies() -> Mapping[str, wafv2.CfnWebACL.CustomResponseBodyProperty]:
    """Return the bodies that ``too_many`` refers to. WAF takes up to 4 KB each."""
    document = {
        "type": "/docs#too_many_requests",
        "title": "Too many requests",
        "status": 429,
        "detail": "Too many requests came from this address",
        "code": "too_many_requests",
        # Every problem has one; this request was stopped before it was given any.
        "request_id": "",
    }
    return {
        BODY: wafv2.CfnWebACL.CustomResponseBodyProperty(
            content=json.dumps(document), content_type="APPLICATION_JSON"
        )
    }


def too_many(headers: Mapping[str, str], *, retry_after: int) -> wafv2.CfnWebACL.CustomResponseProperty:
    """Return the answer 429 under ``headers``, the table that all answers share.

    ``retry_after`` is in seconds. Raises ``InvalidDocument`` when the table is more than WAF can send.
    """
    sent = {**headers, "Cache-Control": "no-store", "Retry-After": str(retry_after)}
    if len(sent) > MOST_HEADERS:
        raise InvalidDocument(
            f"x-greenroom-headers: WAF sends {MOST_HEADERS} headers and needs two of them for itself"
        )
    for name, value in sent.items():
        if len(value) > LONGEST_VALUE:
            raise InvalidDocument(
                f"x-greenroom-headers: {name} has {len(value)} characters, WAF sends {LONGEST_VALUE}"
            )
    return wafv2.CfnWebACL.CustomResponseProperty(
        response_code=429,
        custom_response_body_key=BODY,
        response_headers=[
            wafv2.CfnWebACL.CustomHTTPHeaderProperty(name=name, value=value) for name, value in sent.items()
        ],
    )
