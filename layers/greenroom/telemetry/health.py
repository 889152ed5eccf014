"""Health checks: a registry of named round trips, run in parallel, each with its own time limit."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from .faults import report_fault


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check went. Nothing of the cause is in it: that is for the log."""

    name: str
    ok: bool
    critical: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    probe: Callable[[], object]
    critical: bool
    timeout: float


@dataclass(slots=True)
class HealthChecks:
    """The checks of one function."""

    _checks: list[_Check] = field(default_factory=list)

    def register_health_check(
        self, name: str, probe: Callable[[], object], *, critical: bool = True, timeout: float = 1.0
    ) -> None:
        """Add a check: ``probe`` makes a real round trip and raises when it fails; ``timeout`` in seconds."""
        self._checks.append(_Check(name, probe, critical, timeout))

    def run(self) -> list[CheckResult]:
        """Run all checks at once and return their results in the order of registration."""
        pool = ThreadPoolExecutor(max_workers=max(1, len(self._checks)), thread_name_prefix="health")
        started = time.perf_counter()
        # Each in a copy of this context, so that its table calls count for the request at hand.
        futures = [(check, pool.submit(copy_context().run, _timed, check.probe)) for check in self._checks]
        results = [_result(check, future, started) for check, future in futures]
        # A check that hangs must not hold the answer; its thread ends with its own connection's time limit.
        pool.shutdown(wait=False, cancel_futures=True)
        return results


def _timed(probe: Callable[[], object]) -> float:
    started = time.perf_counter()
    probe()
    return (time.perf_counter() - started) * 1000


def _result(check: _Check, future: "Future[float]", started: float) -> CheckResult:
    left = max(0.0, check.timeout - (time.perf_counter() - started))
    try:
        taken = future.result(timeout=left)
    except Exception as error:
        report_fault("health check failed", error, check=check.name)
        taken = (time.perf_counter() - started) * 1000
        return CheckResult(name=check.name, ok=False, critical=check.critical, milliseconds=round(taken, 1))
    return CheckResult(name=check.name, ok=True, critical=check.critical, milliseconds=round(taken, 1))
