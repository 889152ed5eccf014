"""Catching up: events that the stream lost while the system was down are replayed from the event log."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# Between the last look at the clock and the stop more may have happened; a replay does nothing twice.
_MARGIN = timedelta(minutes=5)
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def delivered_until(path: Path) -> datetime:
    """Return until when all events were surely delivered."""
    if not path.exists():
        return _BEGINNING
    kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return datetime.fromisoformat(kept["delivered_until"]) - _MARGIN


def note_delivered(path: Path, now: datetime) -> None:
    """Note that all events up to ``now`` were delivered."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"delivered_until": now.isoformat()}), "utf-8")
    new.replace(path)


def catch_up(path: Path, replay: Callable[..., object], now: datetime) -> object:
    """Replay what may have been missed. Return what the replay came to."""
    outcome = replay(since=delivered_until(path), until=now)
    note_delivered(path, now)
    return outcome
