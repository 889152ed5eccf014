"""Health checks: a registry of named round trips, run at the same time, each within its own.

What a check found is kept for a second or more, and at most one run of it is under way in a process. So a
flood of questions, which anybody may send, is no flood of table reads, and a check that hangs takes one
thread. Whoever watches sees a change at most that much later.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Literal

from . import logs, metrics
from .flights import Flight, Outcome, Run

Status = Literal["ok", "degraded", "failing"]
"""``degraded``: something fails without which requests are still served."""


class Group(StrEnum):
    """What a check is about; each group has an endpoint of its own."""

    DATABASE = "database"
    CACHE = "cache"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check went. Nothing of the cause is in it: that is for the log."""

    name: str
    group: Group
    ok: bool
    critical: bool
    milliseconds: float

    @property
    def status(self) -> Status:
        """What it means for those who send requests."""
        return "ok" if self.ok else "failing" if self.critical else "degraded"


def overall(results: Iterable[CheckResult]) -> Status:
    """Return the worst of the results' statuses."""
    found = {result.status for result in results}
    return "failing" if "failing" in found else "degraded" if "degraded" in found else "ok"


@dataclass(slots=True)
class _Check:
    name: str
    group: Group
    critical: bool
    flight: Flight[object]
    told: Run[object] | None = None
    """The last run whose outcome was counted."""
    well: bool = True
    """What the log knows."""


@dataclass(slots=True)
class HealthChecks:
    """The checks of one function. ``clock`` says how old what is kept is, in wall-clock seconds."""

    clock: Callable[[], float] = time.time
    _checks: dict[str, _Check] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def register_health_check(
        self,
        name: str,
        check: Callable[[], object],
        *,
        critical: bool = True,
        timeout: float = 1.0,
        group: Group = Group.DATABASE,
        keep: float = 1.0,
    ) -> None:
        """Add a check: ``check`` makes a real round trip and raises when it fails.

        ``critical``: without it requests fail. ``timeout`` and ``keep``, for how long its result serves
        whoever asks next, are seconds.
        """
        if name in self._checks:
            raise ValueError(f"the health check {name} is registered twice")
        flight = Flight(check, timeout=timeout, keep=keep, clock=self.clock)
        self._checks[name] = _Check(name, group, critical, flight)

    def run(self, group: Group | None = None, *, critical_only: bool = False) -> list[CheckResult]:
        """Run the checks, of one group or those that are critical if so asked, and return their results.

        They come in the order of registration.
        """
        wanted = [
            check
            for check in self._checks.values()
            if group in (None, check.group) and (check.critical or not critical_only)
        ]
        begun = [(check, check.flight.begin()) for check in wanted]
        return [self._result(check, run) for check, run in begun]

    def well(self, name: str) -> bool:
        """Run one check, for another one that means nothing where this one fails."""
        check = self._checks[name]
        return self._result(check, check.flight.begin()).ok

    def _result(self, check: _Check, run: Run[object]) -> CheckResult:
        outcome = check.flight.outcome(run)
        self._tell(check, run, outcome)
        return CheckResult(
            name=check.name,
            group=check.group,
            ok=outcome.error is None,
            critical=check.critical,
            milliseconds=round(outcome.seconds * 1000, 1),
        )

    def _tell(self, check: _Check, run: Run[object], outcome: Outcome[object]) -> None:
        """Count a failure once a run, and log it once a change: who asks often is not to fill the log."""
        well = outcome.error is None
        with self._lock:
            if check.told is run:
                return
            changed = check.well is not well
            check.told, check.well = run, well
        if not well:
            metrics.record_health_check_failure(check.name)
        if changed:
            milliseconds = outcome.seconds * 1000
            logs.log_health(
                check.name, critical=check.critical, milliseconds=milliseconds, error=outcome.error
            )
