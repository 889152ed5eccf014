"""A function called at a steady beat, as EventBridge does by its schedule."""

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.emulator import REGION
from local.events import ACCOUNT_ID
from local.runtime import Function


def scheduled_event(rule: str, now: datetime) -> dict[str, Any]:
    """Return the event of a scheduled call."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{rule}"],
        "detail": {},
    }


@dataclass(slots=True)
class Schedule:
    """Calls a function every ``seconds``; a call that fails is reported, and the next one comes in time."""

    function: Function
    seconds: float
    report: Callable[[str], None]
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Call until ``stop``; meant to be a thread's work."""
        while not self._stop.wait(self.seconds):
            event = scheduled_event(f"greenroom-local-{self.function.name}", datetime.now(UTC))
            try:
                self.function.invoke(json.dumps(event))
            except Exception as error:  # the beat goes on
                self.report(f"{self.function.name} failed: {type(error).__name__}: {error}")

    def stop(self) -> None:
        """End after the call at hand."""
        self._stop.set()
