"""What the sandboxes work with: an emulator behind TLS, people, a celebrity, and the events of each route."""

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from greenroom.catalog.model import Celebrity
from greenroom.telemetry import logs
from local.emulator import Emulator
from tests.benchmarks.peer_house import peer_table
from tests.benchmarks.tls import Relay, running_relay
from tests.support.emulator import EXECUTABLE, RunningEmulator
from tests.support.functions import PASSWORD, RunningFunctions, running_functions
from tests.support.ingest import running_ingest

Event = dict[str, Any]
A_SESSION = 40
"""Calls that a session makes before another one is used: from fifty on they would have to be spaced."""


@dataclass
class House:
    """Makes events for sandboxes, which share its tables."""

    running: RunningFunctions
    celebrity: Celebrity
    settings: Mapping[str, str]
    relay: Relay | None = None
    """What all sandboxes reach the tables through."""
    booking: str = ""
    _called: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.booking = self.running.book("buyer", self.celebrity)

    def _as_buyer(self, method: str, path: str, **request: Any) -> Event:
        self._called += 1
        if self._called % A_SESSION == 0:
            self.running.forget("buyer")
        return self.running.event(method, path, token=self.running.token("buyer"), **request)

    def _in_public(self, method: str, path: str, **request: Any) -> Event:
        number = next(self._numbers)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return self.running.event(method, path, source_ip=address, **request)

    def _book(self) -> Event:
        hour = next(self._numbers)
        start = (datetime.now(UTC) + timedelta(days=20, hours=hour)).replace(minute=0, second=0)
        body = {
            "offering_id": self.celebrity.offerings[0].id,
            "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "time_zone": "UTC",
        }
        return self._as_buyer("POST", "/v1/bookings", body=body, Idempotency_Key=secrets.token_hex(8))

    def routes(self) -> dict[str, tuple[str, Callable[[], Event]]]:
        """Return by name of a route its function, and what makes its next event."""
        celebrity, booking = {"celebrity_id": self.celebrity.id}, {"booking_id": self.booking}
        day = (datetime.now(UTC) + timedelta(days=12)).date()
        asked = f"from={day}&to={day + timedelta(days=6)}&offering_id={self.celebrity.offerings[0].id}"
        known = {"email": self.running.emails["buyer"], "password": PASSWORD}
        path = "/v1/celebrities/{celebrity_id}"
        return {
            "health/live": ("health", lambda: self._in_public("GET", "/health/live")),
            "a celebrity": ("catalog", lambda: self._in_public("GET", path, parameters=celebrity)),
            "list celebrities": ("catalog", lambda: self._in_public("GET", "/v1/celebrities")),
            "a week's availability": (
                "catalog",
                lambda: self._in_public("GET", f"{path}/availability", query=asked, parameters=celebrity),
            ),
            "log in": ("auth", lambda: self._in_public("POST", "/v1/auth/login", body=known)),
            "me": ("auth", lambda: self._as_buyer("GET", "/v1/me")),
            "a booking": (
                "bookings",
                lambda: self._as_buyer("GET", "/v1/bookings/{booking_id}", parameters=booking),
            ),
            "own bookings": ("bookings", lambda: self._as_buyer("GET", "/v1/bookings")),
            "book": ("bookings", self._book),
            "ledger": (
                "payments",
                lambda: self._as_buyer("GET", "/v1/bookings/{booking_id}/ledger", parameters=booking),
            ),
        }


@contextmanager
def open_house() -> Iterator[House]:
    """Run it all. Sandboxes have tracing and error reports on, as prod has, one request in ten traced."""
    logs.add_sink(lambda _: None)
    with TemporaryDirectory() as made, running_ingest() as ingest:
        folder = Path(made)
        emulator = Emulator(EXECUTABLE, folder, persist=False)
        emulator.start()
        try:
            with (
                running_relay(emulator.url, folder) as relay,
                running_functions(RunningEmulator(emulator.url)) as running,
            ):
                settings = {
                    **running.settings,
                    "AWS_ENDPOINT_URL": relay.url,
                    "RATE_LIMITS": "on",
                    "POWERTOOLS_TRACE_DISABLED": "false",
                    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9",
                    "SENTRY_DSN": ingest.dsn,
                    "SENTRY_TRACES_SAMPLE_RATE": "0.1",
                    "PEERS_TABLE": peer_table(emulator.url),
                }
                yield House(running, running.add_celebrity("agent"), settings, relay)
        finally:
            emulator.stop()
