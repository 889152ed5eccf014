"""When and after how long a call is made again.

What is tried again, and what it takes from the allowance, is as in botocore's standard mode. Only the pauses
after a throttle are shorter, as somebody waits: at random between nothing and a bound that doubles, which
spreads callers that failed together.
"""

import random
from threading import Lock

from .failures import CallFailed, NoAnswer, Refused

_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_TRANSIENT = frozenset({"RequestTimeout", "RequestTimeoutException"})
_TRANSIENT_STATUS = frozenset({500, 502, 503, 504})

_FIRST_SECONDS, _FIRST_SECONDS_THROTTLED = 0.025, 0.2
_TOKENS, _COST, _COST_THROTTLED = 500, 14, 5


def _throttled(error: CallFailed) -> bool:
    return isinstance(error, Refused) and error.code in _THROTTLED


def may_help(error: CallFailed) -> bool:
    """Tell whether the same call may succeed a moment later."""
    if isinstance(error, Refused):
        return _throttled(error) or error.code in _TRANSIENT or error.status in _TRANSIENT_STATUS
    return isinstance(error, NoAnswer)


def pause(error: CallFailed, failed: int) -> float:
    """Return for how many seconds to wait after the failure that many others preceded."""
    first = _FIRST_SECONDS_THROTTLED if _throttled(error) else _FIRST_SECONDS
    return random.uniform(0, first * 2**failed)  # noqa: S311 - no secret


class Allowance:
    """How many calls of a client may be made again, so that a service that is down gets no second flood.

    A retry takes tokens, what succeeds gives some back: where most calls fail, none is tried again.
    """

    def __init__(self, tokens: int = _TOKENS) -> None:
        self._most = self._left = tokens
        self._lock = Lock()

    def take(self, error: CallFailed) -> int:
        """Take what trying again after that error costs, and return it; 0 where it is not to be had."""
        cost = _COST_THROTTLED if _throttled(error) else _COST
        with self._lock:
            if self._left < cost:
                return 0
            self._left -= cost
            return cost

    def give_back(self, taken: int) -> None:
        """Give back what the call took that has now succeeded, or one token where it took none."""
        if self._left < self._most:  # looked at without the lock: it is no matter of one token
            with self._lock:
                self._left = min(self._most, self._left + (taken or 1))
