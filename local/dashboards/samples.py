"""Made-up values, the same for the same metric each time, of the shape that it has in a quiet week."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a metric's values look: their usual size, how much the day moves them, how often there are any."""

    size: float
    wave: float = 0.5
    noise: float = 0.15
    share: float = 1.0
    """The share of points at which there is anything but 0."""


_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("Latency", "IntegrationLatency", "Duration"), Shape(120, wave=0.25)),
    **dict.fromkeys(("DatabaseLatency", "SuccessfulRequestLatency"), Shape(5, wave=0.1)),
    **dict.fromkeys(("ProviderLatency", "KeyLatency"), Shape(300, wave=0.2)),
    **dict.fromkeys(("Count", "AllowedRequests"), Shape(900)),
    **dict.fromkeys(("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"), Shape(1500)),
    **dict.fromkeys(("ServerErrors", "5XXError"), Shape(2, share=0.2)),
    **dict.fromkeys(("ClientErrors", "4XXError"), Shape(12)),
    **dict.fromkeys(("CpuShare", "MemoryShare"), Shape(35, wave=0.2)),
    **dict.fromkeys(("CacheHits",), Shape(800)),
    **dict.fromkeys(("CacheMisses",), Shape(60)),
    **dict.fromkeys(("Revenue",), Shape(250_000)),
    **dict.fromkeys(("Refunds",), Shape(20_000, share=0.3)),
    **dict.fromkeys(("OutboxAge", "SweepLag"), Shape(4, wave=0.2, noise=0.5)),
    **dict.fromkeys(("IteratorAge",), Shape(900, wave=0.2, noise=0.6)),
    **dict.fromkeys(("SecurityEvents", "AuthEvents", "LimitDenials", "BlockedRequests"), Shape(9)),
    **dict.fromkeys(("BookingTransitions", "Payments", "MailsSent"), Shape(20)),
    **dict.fromkeys(("Invocations", "ConcurrentExecutions"), Shape(8)),
    "MaxMemoryUsed": Shape(190, wave=0.05, noise=0.05),
    "TimeToAnswer": Shape(9_000, wave=0.3, noise=0.3),
    "ColdStarts": Shape(2, share=0.3),
    "CountedRequests": Shape(3, share=0.3),
}
_RARE = Shape(1, noise=0.5, share=0.006)
"""What should hardly ever happen: faults, throttles, failures."""

_STATISTICS = {"p50": 0.7, "p90": 1.4, "p95": 1.8, "p99": 2.6, "SampleCount": 1.5}
_UNUSUAL = {
    "CRITICAL": 0.0,
    "WARN": 0.5,
    "INFO": 3.0,
    "requested": 3.0,
    "confirmed": 1.4,
    "declined": 0.3,
    "withdrawn": 0.2,
    "cancelled": 0.2,
    "started": 2.0,
    "captured": 1.7,
    "failed": 0.2,
    "voided": 0.1,
    "returned": 0.1,
    "guesses": 0.1,
    "password_reset": 0.1,
    "authentication": 0.3,
}
"""How much more or less some values of dimensions have than others."""


def sample(name: str, dimensions: Sequence[str], statistic: str, points: int, seconds: int) -> Values:
    """Return ``points`` values, ``seconds`` apart; ``dimensions`` are their names and values in turn."""
    shape = _SHAPES.get(name, _RARE)
    digest = hashlib.sha256(" ".join((name, *dimensions, statistic)).encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    own = 0.4 + digest[8] / 160
    for value in dimensions[1::2]:
        own *= _UNUSUAL.get(value, 1.0)
    hours = np.arange(points) * seconds / 3600
    wave = 1 + shape.wave * np.sin(2 * np.pi * (hours / 24 + digest[9] / 2550))
    typical = shape.size * own * _STATISTICS.get(statistic, 1.0)
    if points == 1:  # one number for a long time: its gaps are in it
        return np.full(1, typical * shape.share * max(1, seconds / 300))
    values = typical * wave * random.lognormal(0, shape.noise, points)
    if shape.share < 1:
        values = values * (random.random(points) < shape.share)
    if name in {"CpuShare", "MemoryShare"}:
        values = np.minimum(values, 95)
    whole = statistic in {"Sum", "SampleCount"} or name == "ConcurrentExecutions"
    return np.asarray(np.round(values) if whole else values, dtype=np.float64)


FOUND: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]] = {
    ("currency",): [("EUR",), ("USD",), ("GBP",), ("JPY",)],
    ("event",): [
        *[("authn_login_fail",), ("authz_fail",), ("authn_token_created",), ("user_created",)],
        ("excess_rate_limit_exceeded",),
    ],
    ("service", "route"): [
        ("auth", "/v1/auth/login"),
        ("auth", "/v1/auth/register"),
        ("auth", "/v1/auth/refresh"),
        ("auth", "/v1/me"),
        ("bookings", "/v1/bookings"),
        ("bookings", "/v1/bookings/{booking_id}"),
        ("catalog", "/v1/celebrities"),
        ("catalog", "/v1/celebrities/{celebrity_id}"),
        ("catalog", "/v1/celebrities/{celebrity_id}/availability"),
        ("payments", "/v1/bookings/{booking_id}/payments"),
        ("payments", "/v1/webhooks/stripe"),
    ],
}
"""What a search finds, by its dimensions."""
