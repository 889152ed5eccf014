"""The gateway and the functions behind it: who gets in, who finds a sandbox, and who is within the quota."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from greenroom.limits.hits import Counted, Denied, Guard, HitLists
from greenroom.limits.policies import GENERAL, Policy
from greenroom.limits.quotas import Quotas
from greenroom.limits.standing import OverQuota, opens_at
from greenroom.refusals import Refusal
from greenroom.storage.contention import CalendarBusy
from greenroom.storage.keys import Key
from greenroom.storage.tables import Throttled
from tests.simulation.clock import Clock, Waits
from tests.simulation.limits import (
    FLOOD_SECONDS,
    PARTITION_WRITES,
    SANDBOXES_A_SECOND,
    SANDBOXES_AT_ONCE,
    Bucket,
    Meter,
    Tally,
)
from tests.simulation.settings import Assumed, Deployed

BEGINNING = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""The instant that simulated time counts from."""
RETRY_AFTER = 1
"""What the gateway and a throttled table say; see stacks/gateway_responses.py and storage/tables.py."""


def instant(seconds: float) -> datetime:
    """Return a moment of simulated time as our rules take it."""
    return BEGINNING + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client gets: ``kind`` is ``ok`` or why not, and ``found`` what it asked for."""

    kind: str
    seconds: float
    retry_after: int | None = None
    found: Any = None


class SimulatedHits(HitLists):
    """The limiter's table: each count is one conditional write, decided by our own rule."""

    hits: dict[str, list[int]]
    keys: dict[str, Meter]

    def __init__(self) -> None:
        # Only ``count`` is asked, and that goes to no table.
        super().__init__(None, "limits")  # type: ignore[arg-type]
        object.__setattr__(self, "hits", defaultdict(list))
        object.__setattr__(self, "keys", defaultdict(lambda: Meter(PARTITION_WRITES)))

    def count(
        self,
        key: Key,
        policy: Policy,
        now: int,
        guard: Guard | None = None,  # noqa: ARG002 - every session lives
    ) -> Counted:
        """Count as the table would: a refused write costs a unit, too."""
        if not self.keys[key.pk].take(1, now / 1000):
            raise Throttled(one_key=True)
        found = self.hits[key.pk]
        if opens_at(policy, found) > now:
            raise Denied(found)
        found.insert(0, now)
        return Counted({}, found)


@dataclass(slots=True)
class Sandbox:
    """One process, and the denials that it remembers."""

    quotas: Quotas


@dataclass(slots=True)
class Function:
    """A function's sandboxes."""

    name: str
    clock: Clock
    assumed: Assumed
    most: int
    hits: SimulatedHits
    warm: int = 0
    idle: list[Sandbox] = field(default_factory=list)
    running: int = 0
    peak: int = 0
    started: int = 0
    ramp: Bucket = field(default_factory=lambda: Bucket(SANDBOXES_A_SECOND, SANDBOXES_AT_ONCE))

    def __post_init__(self) -> None:
        self.idle = [Sandbox(Quotas(self.hits)) for _ in range(self.warm)]

    def sandbox(self) -> tuple[Sandbox, float] | None:
        """Return a sandbox and how long it takes to start, None where there may be no more."""
        if self.running >= self.most:
            return None
        if self.idle:
            ready, cold = self.idle.pop(), 0.0
        elif self.ramp.take(self.clock.now):
            self.started += 1
            ready, cold = Sandbox(Quotas(self.hits)), self.assumed.cold
        else:
            return None
        self.running += 1
        self.peak = max(self.peak, self.running)
        return ready, cold

    def free(self, sandbox: Sandbox) -> None:
        """Let a sandbox wait for the next call."""
        self.running -= 1
        self.idle.append(sandbox)


@dataclass(slots=True)
class Service:
    """The firewall, the gateway and the limiter before the functions."""

    clock: Clock
    deployed: Deployed
    assumed: Assumed
    took: Callable[[float], float]
    hits: SimulatedHits = field(default_factory=SimulatedHits)
    met: dict[str, float] = field(default_factory=dict)
    """Each limit that refused somebody, and when it did first."""
    answers: Tally = field(default_factory=Tally)
    offered: Meter = field(default_factory=lambda: Meter(inf))
    """All requests, whatever became of them."""
    seconds: list[float] = field(default_factory=list)
    """How long each answer of a function took."""
    functions: dict[str, Function] = field(init=False)
    gateway: Bucket = field(init=False)
    addresses: dict[str, Meter] = field(init=False)

    def __post_init__(self) -> None:
        deployed = self.deployed
        self.gateway = Bucket(deployed.requests, deployed.burst)
        self.addresses = defaultdict(lambda: Meter(deployed.flood, FLOOD_SECONDS))
        self.functions = {
            name: Function(name, self.clock, self.assumed, most, self.hits, deployed.warm)
            for name, most in (("bookings", deployed.bookings), ("catalog", deployed.catalog))
        }

    def ask(self, name: str, *, address: str, caller: str, work: Callable[[], Waits[Any]]) -> Waits[Answer]:
        """Send a request to a function. ``caller`` is whom its quota is counted for."""
        self.offered.take(1, self.clock.now)
        answer = yield from self._asked(name, address, caller, work)
        self.answers[answer.kind] += 1
        if answer.seconds:
            self.seconds.append(answer.seconds)
        return answer

    def _asked(self, name: str, address: str, caller: str, work: Callable[[], Waits[Any]]) -> Waits[Answer]:
        if not self.addresses[address].take(1, self.clock.now):
            return self._refused("firewall", FLOOD_SECONDS)
        if not self.gateway.take(self.clock.now):
            return self._refused("gateway", RETRY_AFTER)
        began, function = self.clock.now, self.functions[name]
        found = function.sandbox()
        if found is None:
            return self._refused(f"sandboxes of {name}", RETRY_AFTER)
        sandbox, cold = found
        try:
            if cold:
                yield cold
            answer = yield from self._served(sandbox, caller, work)
        finally:
            function.free(sandbox)
        return Answer(answer.kind, self.clock.now - began, answer.retry_after, answer.found)

    def _served(self, sandbox: Sandbox, caller: str, work: Callable[[], Waits[Any]]) -> Waits[Answer]:
        key = Key(caller, "")
        if sandbox.quotas.denials.current(caller, self._milliseconds) is None:
            yield self.took(self.assumed.update)
        try:
            sandbox.quotas.count(GENERAL, key, instant(self.clock.now))
            return Answer("ok", 0, found=(yield from work()))
        except OverQuota as over:
            return self._refused("quota of one caller", over.retry_after)
        except CalendarBusy as busy:
            return self._refused("races for one day", busy.retry_after)
        except Throttled as throttled:
            return Answer("a table's throttle", 0, throttled.retry_after)
        except Refusal as refusal:
            return Answer(refusal.code, 0)

    @property
    def _milliseconds(self) -> int:
        return int(instant(self.clock.now).timestamp() * 1000)

    def _refused(self, limit: str, retry_after: int | None) -> Answer:
        self.met.setdefault(limit, self.clock.now)
        return Answer(limit, 0, retry_after)
