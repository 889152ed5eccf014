"""The only ways to emit a metric. Each measures for the invocation at hand, whose own line carries it.

Outside an invocation they do nothing: a metric is an invocation's, and an operator's command has none.
"""

import os
from typing import Literal

from . import catalogue, invocations
from .catalogue import Metric
from .usage import Usage, memory_share

CacheOutcome = Literal["hit", "miss", "error"]
PaymentOutcome = Literal[
    "started", "captured", "failed", "returned", "voided", "disputed", "dispute_won", "dispute_lost"
]

_usage = Usage()
_CACHE: dict[CacheOutcome, Metric] = {
    "hit": catalogue.CACHE_HITS,
    "miss": catalogue.CACHE_MISSES,
    "error": catalogue.CACHE_ERRORS,
}


def _add(metric: Metric, value: float = 1, **dimensions: str) -> None:
    at_hand = invocations.current()
    if at_hand is not None:
        at_hand.add(metric, value, **dimensions)


def record_request(route: str, status: int, milliseconds: float) -> None:
    """Record an answered request; ``route`` is the template, ``unknown`` where nothing matched."""
    _add(catalogue.LATENCY, milliseconds, route=route)
    if status >= 500:
        version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        _add(catalogue.SERVER_ERRORS, route=route, version=version)
    elif status >= 400:
        _add(catalogue.CLIENT_ERRORS, route=route)


def record_usage() -> None:
    """Record what the sandbox is taking, where that is due, and whether the invocation was its first."""
    at_hand = invocations.current()
    if at_hand is not None:
        share = _usage.cpu_share(at_hand.milliseconds / 1000)
        if share is not None:
            at_hand.add(catalogue.CPU_SHARE, share)
            at_hand.add(catalogue.MEMORY_SHARE, memory_share())
        if at_hand.cold:
            at_hand.add(catalogue.COLD_STARTS, 1)


def latest_cpu_share() -> float | None:
    """Return the processor share that was recorded last, None before the first."""
    return _usage.latest


def record_fault() -> None:
    """Record an error that nobody expected."""
    _add(catalogue.FAULTS)


def record_database_call(milliseconds: float, *, failed: bool = False, throttled: bool = False) -> None:
    """Record one call of a table, retries included."""
    _add(catalogue.DATABASE_LATENCY, milliseconds)
    if throttled:
        _add(catalogue.DATABASE_THROTTLES)
    elif failed:
        _add(catalogue.DATABASE_ERRORS)


def record_key_call(milliseconds: float, *, failed: bool) -> None:
    """Record one call of the key service, retries included."""
    _add(catalogue.KEY_LATENCY, milliseconds)
    if failed:
        _add(catalogue.KEY_ERRORS)


def record_cache_operation(outcome: CacheOutcome) -> None:
    """Record what a cache had to say."""
    _add(_CACHE[outcome])


def record_limit_denial(limit: str) -> None:
    """Record a request that the quota called ``limit`` refused."""
    _add(catalogue.LIMIT_DENIALS, limit=limit)


def record_limit_store_failure() -> None:
    """Record a request that could not be counted."""
    _add(catalogue.LIMIT_STORE_FAILURES)


def record_transition(transition: str) -> None:
    """Record what happened to a booking, by its event's type."""
    _add(catalogue.BOOKING_TRANSITIONS, transition=transition)


def record_time_to_answer(seconds: float) -> None:
    """Record how long a buyer waited for the agent's first answer."""
    _add(catalogue.TIME_TO_ANSWER, seconds)


def record_payment(outcome: PaymentOutcome, amount: int, currency: str) -> None:
    """Record what became of a payment of ``amount`` minor units."""
    _add(catalogue.PAYMENTS, outcome=outcome)
    if outcome == "captured":
        _add(catalogue.REVENUE, amount, currency=currency)
    elif outcome == "returned":
        _add(catalogue.REFUNDS, amount, currency=currency)


def record_provider_call(milliseconds: float, *, failed: bool) -> None:
    """Record one call of the payment provider."""
    _add(catalogue.PROVIDER_LATENCY, milliseconds)
    if failed:
        _add(catalogue.PROVIDER_ERRORS)


def record_mail(*, sent: bool) -> None:
    """Record a mail that the mail service took or did not take."""
    _add(catalogue.MAILS_SENT if sent else catalogue.MAIL_FAILURES)


def record_outbox_age(seconds: float) -> None:
    """Record how old an event was when its mail went out."""
    _add(catalogue.OUTBOX_AGE, seconds)


def record_sweep_lag(seconds: float) -> None:
    """Record how long a deadline had passed when it was written down."""
    _add(catalogue.SWEEP_LAG, seconds)


def record_health_check_failure(check: str) -> None:
    """Record a health check that failed."""
    _add(catalogue.HEALTH_CHECK_FAILURES, check=check)
