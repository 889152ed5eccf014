"""Answers that the gateway makes without a function: problem documents under the common security headers."""

import json
from collections.abc import Mapping

from greenroom.gateway.problems import PROBLEM_TYPE, problem
from greenroom.refusals import Refusal
from local.answers import Answer

_TIMED_OUT = 504


class HeadersTooLarge(Refusal):
    """The headers are over the gateway's limit."""

    status, code, title = 431, "headers_too_large", "The headers are too large"


def gateway_answer(refusal: Refusal, request_id: str, headers: Mapping[str, str]) -> Answer:
    """Return the problem document of a refusal; ``headers`` go with it, the common ones among them."""
    named = {
        "Cache-Control": "no-store",
        **headers,
        "Content-Type": PROBLEM_TYPE,
        "X-Request-Id": request_id,
    }
    return Answer(refusal.status, tuple(named.items()), problem(refusal, request_id))


def fault(status: int) -> Answer:
    """Return what the gateway says of a function that failed (502) or did not answer in time (504)."""
    text = "Endpoint request timed out" if status == _TIMED_OUT else "Internal server error"
    body = json.dumps({"message": text}).encode()
    return Answer(status, (("Content-Type", "application/json"),), body)
