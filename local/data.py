"""The folder that holds everything the local system keeps: one run at a time, wiped only on request."""

import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from local.failures import CannotRun

_OURS = ("emulator", "demo.json", "demo.begun", "mailbox.jsonl", "outbox.json", "provider.json")
_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder, locked. ``lock`` is the descriptor that holds the lock while it, or a copy, is open."""

    path: Path
    lock: int

    @property
    def emulator(self) -> Path:
        """Return the emulator's own folder."""
        return self.path / "emulator"

    @property
    def demo(self) -> Path:
        """Return the file with the demo accounts."""
        return self.path / "demo.json"

    @property
    def mailbox(self) -> Path:
        """Return the file with all mail."""
        return self.path / "mailbox.jsonl"

    @property
    def provider(self) -> Path:
        """Return the payment provider's file."""
        return self.path / "provider.json"

    @property
    def outbox(self) -> Path:
        """Return the file that says until when events were surely delivered."""
        return self.path / "outbox.json"

    def close(self) -> None:
        """Let go of the lock; it is free once the emulator has ended, too."""
        os.close(self.lock)


def open_folder(path: Path, *, fresh: bool) -> DataFolder:
    """Make the folder if need be, lock it, and with ``fresh`` empty it of what is ours.

    The emulator shares the lock, so that a run started right after a crash waits until it has saved.
    Raises ``CannotRun`` when another run holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotRun(f"The data folder {path} cannot be used: {error.strerror}.") from None
    give_up = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if time.monotonic() > give_up:
                os.close(lock)
                raise CannotRun(
                    f"Another run uses {path}. Stop it, or choose another folder: --data …"
                ) from None
            time.sleep(0.1)
    folder = DataFolder(path, lock)
    # Where the tables were never saved, what was written beside them speaks of nothing.
    if fresh or not (folder.emulator / "state").exists():
        _empty(path)
    return folder


def _empty(path: Path) -> None:
    for name in _OURS:
        target = path / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
