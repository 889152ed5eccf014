"""Answers that the gateway makes without a function: problem documents under the common security headers."""

from collections.abc import Mapping

from greenroom.gateway.problems import PROBLEM_TYPE, problem
from greenroom.refusals import Refusal
from local.answers import Answer


class HeadersTooLarge(Refusal):
    """The headers are over the gateway's limit."""

    status, code, title = 431, "refused", "The request was refused"


class FunctionFailed(Refusal):
    """The function raised, or answered what is no answer."""

    status, code, title = 502, "internal_error", "Something went wrong on our side"


class FunctionLate(Refusal):
    """The function did not answer in the gateway's time."""

    status, code, title = 504, "unavailable", "The service did not answer in time"


def gateway_answer(refusal: Refusal, request_id: str, headers: Mapping[str, str]) -> Answer:
    """Return the problem document of a refusal; ``headers`` go with it, the common ones among them."""
    named = {
        "Cache-Control": "no-store",
        **headers,
        "Content-Type": PROBLEM_TYPE,
        "X-Request-Id": request_id,
    }
    return Answer(refusal.status, tuple(named.items()), problem(refusal, request_id))
