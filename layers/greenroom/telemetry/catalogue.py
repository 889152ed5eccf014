"""Every metric that the code emits: its name, unit, dimensions and meaning.

This is the one place for them: ``metrics`` emits from it, and the stacks build dashboards and alarms from
it. It is plain data and imports nothing of ours, so that the stacks can read it.

Each stage has a namespace of its own, which saves a dimension on every metric. A metric is aggregated once
for each of its dimension sets, ``()`` being the stage as a whole, and CloudWatch charges for each value of
each set: a dimension's values must be few and known, never an id.
"""

from dataclasses import dataclass
from enum import StrEnum


def namespace(stage: str) -> str:
    """Return the CloudWatch namespace of a stage's metrics."""
    return f"Greenroom/{stage}"


class Unit(StrEnum):
    """CloudWatch's names of the units we use."""

    COUNT = "Count"
    MILLISECONDS = "Milliseconds"
    SECONDS = "Seconds"
    PERCENT = "Percent"
    NONE = "None"


SERVICE, ROUTE, EVENT, SEVERITY, LIMIT = "service", "route", "event", "severity", "limit"
TRANSITION, CURRENCY, OUTCOME, CHECK = "transition", "currency", "outcome", "check"
VERSION = "version"

Dimensions = tuple[tuple[str, ...], ...]
STAGE_ONLY: Dimensions = ((),)
BY_SERVICE: Dimensions = ((), (SERVICE,))
BY_ROUTE: Dimensions = ((), (SERVICE,), (SERVICE, ROUTE))


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, of a resolution of one minute: no alarm and no graph looks closer."""

    name: str
    unit: Unit
    dimensions: Dimensions
    meaning: str

    @property
    def dimension_names(self) -> frozenset[str]:
        """Every dimension that a value of the metric must be given."""
        return frozenset(name for names in self.dimensions for name in names)


LATENCY = Metric(
    "Latency",
    Unit.MILLISECONDS,
    BY_ROUTE,
    "A request from event to answer. Its sample count is the number of requests: no other metric says that.",
)
SERVER_ERRORS = Metric(
    "ServerErrors",
    Unit.COUNT,
    (*BY_ROUTE, (SERVICE, VERSION)),
    "Answers of 500 and above. By the function's version too: a release is judged by its own.",
)
CLIENT_ERRORS = Metric("ClientErrors", Unit.COUNT, BY_ROUTE, "Answers of 400 to 499.")
COLD_STARTS = Metric("ColdStarts", Unit.COUNT, BY_SERVICE, "First invocations of a sandbox.")
CPU_SHARE = Metric(
    "CpuShare",
    Unit.PERCENT,
    BY_SERVICE,
    "Processor time of an invocation, of what its memory setting allots.",
)
MEMORY_SHARE = Metric(
    "MemoryShare", Unit.PERCENT, BY_SERVICE, "The most memory the process ever held, of its memory setting."
)
FAULTS = Metric("Faults", Unit.COUNT, BY_SERVICE, "Errors that nobody expected, whatever was answered.")

DATABASE_LATENCY = Metric(
    "DatabaseLatency", Unit.MILLISECONDS, BY_SERVICE, "One table call, retries included."
)
DATABASE_ERRORS = Metric("DatabaseErrors", Unit.COUNT, BY_SERVICE, "Table calls without a usable answer.")
DATABASE_THROTTLES = Metric(
    "DatabaseThrottles", Unit.COUNT, BY_SERVICE, "Table calls refused for their rate."
)

KEY_LATENCY = Metric(
    "KeyLatency", Unit.MILLISECONDS, STAGE_ONLY, "One call of the key service, retries included."
)
KEY_ERRORS = Metric("KeyErrors", Unit.COUNT, STAGE_ONLY, "Calls that the key service failed or refused.")

CACHE_HITS = Metric("CacheHits", Unit.COUNT, STAGE_ONLY, "Reads that a cache answered.")
CACHE_MISSES = Metric("CacheMisses", Unit.COUNT, STAGE_ONLY, "Reads that a cache could not answer.")
CACHE_ERRORS = Metric("CacheErrors", Unit.COUNT, STAGE_ONLY, "Reads and writes that a cache server failed.")

AUTH_EVENTS = Metric(
    "AuthEvents", Unit.COUNT, ((EVENT,),), "What accounts did, by its name in the OWASP vocabulary."
)
SECURITY_EVENTS = Metric(
    "SecurityEvents", Unit.COUNT, ((SEVERITY,), (EVENT,)), "What may be an attack, by severity and by name."
)
LIMIT_DENIALS = Metric("LimitDenials", Unit.COUNT, ((LIMIT,),), "Requests refused by a quota.")
LIMIT_STORE_FAILURES = Metric(
    "LimitStoreFailures", Unit.COUNT, STAGE_ONLY, "Requests that no quota could count, passed or refused."
)

BOOKING_TRANSITIONS = Metric(
    "BookingTransitions", Unit.COUNT, ((TRANSITION,),), "What happened to bookings, by the event's type."
)
TIME_TO_ANSWER = Metric(
    "TimeToAnswer", Unit.SECONDS, STAGE_ONLY, "From a buyer's request to the agent's first answer."
)
REVENUE = Metric("Revenue", Unit.NONE, ((CURRENCY,),), "Captured money, in minor units of the currency.")
REFUNDS = Metric("Refunds", Unit.NONE, ((CURRENCY,),), "Returned money, in minor units of the currency.")
PAYMENTS = Metric(
    "Payments",
    Unit.COUNT,
    ((OUTCOME,),),
    "What became of payments.",
)
PROVIDER_LATENCY = Metric(
    "ProviderLatency", Unit.MILLISECONDS, STAGE_ONLY, "One call of the payment provider."
)
PROVIDER_ERRORS = Metric("ProviderErrors", Unit.COUNT, STAGE_ONLY, "Calls that the payment provider failed.")

MAILS_SENT = Metric("MailsSent", Unit.COUNT, STAGE_ONLY, "Mails that the mail service took.")
MAIL_FAILURES = Metric("MailFailures", Unit.COUNT, STAGE_ONLY, "Mails that the mail service did not take.")
OUTBOX_AGE = Metric("OutboxAge", Unit.SECONDS, STAGE_ONLY, "From an event to its mail.")
SWEEP_LAG = Metric("SweepLag", Unit.SECONDS, STAGE_ONLY, "From a deadline to its being written down.")

HEALTH_CHECK_FAILURES = Metric("HealthCheckFailures", Unit.COUNT, ((CHECK,),), "Health checks that failed.")

ALL: tuple[Metric, ...] = tuple(found for found in dict(globals()).values() if isinstance(found, Metric))
"""Every metric, in the order above."""
