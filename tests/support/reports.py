"""A reporter that keeps what it is given, for tests that open no socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from greenroom.settings import Settings
from greenroom.telemetry import errors
from greenroom.telemetry.rate_guard import RateGuard
from greenroom.telemetry.situation import Situation


@dataclass
class KeptReports:
    """Stands for ``sentry.Reporter``."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    flushes: list[float] = field(default_factory=list)

    def report(self, _situation: Situation | None, **told: Any) -> None:
        """Keep a report."""
        self.reports.append(told)

    @contextmanager
    def traced(self, _situation: Situation) -> Iterator[None]:
        """Trace nothing."""
        yield

    def flush(self, seconds: float) -> bool:
        """Note that it was asked for."""
        self.flushes.append(seconds)
        return True

    def close(self) -> None:
        """End."""


@contextmanager
def kept_reports(*guards: RateGuard) -> Iterator[KeptReports]:
    """Keep reports for a while; ``guards`` of errors and of slowness, or ones that let all pass."""
    reporter = KeptReports()
    ours, slowness = guards or (RateGuard(10**6, 60), RateGuard(10**6, 60))
    state: Any = errors._State(Settings.read({"STAGE": "test"}), None, ours, slowness)
    state.reporter = reporter
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(errors, "_state", state)
        yield reporter
