"""Error reports that stay in memory, for tests that open no socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from greenroom.settings import Settings
from greenroom.telemetry import errors, sentry
from greenroom.telemetry.rate_guard import RateGuard


@dataclass
class KeptReports:
    """What ``sentry_sdk`` would send, and how long was waited for it."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    flushes: list[float] = field(default_factory=list)

    def keep(self, event: dict[str, Any]) -> None:
        """Keep a report."""
        self.reports.append(event)


@contextmanager
def kept_reports(*guards: RateGuard) -> Iterator[KeptReports]:
    """Keep reports for a while; ``guards`` of errors and of slowness, or ones that admit all."""
    kept = KeptReports()

    class InMemory(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            for item in envelope.items:
                kept.keep(item.payload.json or {})

        def flush(self, timeout: float, *_: Any, **__: Any) -> None:
            if timeout:
                kept.flushes.append(timeout)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(errors, "_state", errors._State())
        patched.setattr(sentry, "OneAttempt", InMemory)
        errors.configure(Settings.read({"STAGE": "test", "SENTRY_DSN": "https://key@reports.test/1"}))
        errors._state.errors, errors._state.slowness = guards or (RateGuard(10**6, 60), RateGuard(10**6, 60))
        yield kept
    close()


def close() -> None:
    """End what was configured, without waiting."""
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
