"""The life of a sandbox: how it was started, and what runs before it ends."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

try:
    import snapshot_restore_py
except ImportError:  # Lambda's runtime has it; other machines do not
    snapshot_restore_py = None

_SECONDS = 0.4
"""For all that is to be done at the end. Lambda gives 0.5."""

_callbacks: list[Callable[[], object]] = []


def at_shutdown(callback: Callable[[], object]) -> None:
    """Have something called when the process ends in order, once however often it is registered."""
    if callback not in _callbacks:
        _callbacks.append(callback)


def shut_down() -> None:
    """Call what was registered, the latest first, within 0.4 seconds; one that fails fails alone."""
    # In a thread of its own: the signal may have come while this one held a lock that a callback needs.
    last = threading.Thread(target=_call_all, name="last words", daemon=True)
    last.start()
    last.join(_SECONDS)


def _call_all() -> None:
    for callback in reversed(_callbacks):
        with suppress(Exception):
            callback()


def is_on_demand() -> bool:
    """Return True where a request waits for the start: no provisioned concurrency, no SnapStart.

    Such a sandbox serves one request at a time, in one thread.
    """
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "on-demand"


def before_snapshot(callback: Callable[[], object]) -> None:
    """Have something called before Lambda takes a snapshot of the sandbox."""
    if snapshot_restore_py is not None:
        snapshot_restore_py.register_before_snapshot(callback)


def after_restore(callback: Callable[[], object]) -> None:
    """Have something called in each sandbox that is restored from the snapshot."""
    if snapshot_restore_py is not None:
        snapshot_restore_py.register_after_restore(callback)


def end_on_sigterm() -> None:
    """Run the callbacks when Lambda sends SIGTERM, and then end as before."""
    before: Any = signal.getsignal(signal.SIGTERM)

    def ended(number: int, frame: FrameType | None) -> None:
        shut_down()
        if callable(before):
            before(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, ended)
