"""The end of a process: what must be said before it, and hearing of it in time; and its beginning anew.

Lambda kills a sandbox without a word unless an extension is registered. One in the function's own process
is enough: it asks for no events, so that it costs nothing at an invocation, and from then on the process
gets SIGTERM and half a second.
"""

import gc
import importlib
import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from . import extension

try:
    import snapshot_restore_py
except ImportError:  # only Lambda's runtime has it
    snapshot_restore_py = None

_SECONDS = 0.4
"""For all that is to be done at the end. Lambda gives 0.5."""

_UNHURRIED = frozenset({"provisioned-concurrency", "snap-start"})

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


def unhurried() -> bool:
    """Tell whether nobody waits for this start: the sandbox is provisioned, or a snapshot is made of it."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in _UNHURRIED


def begin() -> None:
    """Hear of the sandbox's end, under Lambda's runtime alone; called in init, from the main thread.

    A function that cannot be told of its end works all the same, and the log says so.
    """
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address or threading.current_thread() is not threading.main_thread():
        return
    _reseed_after_restore()
    # What writes log lines is loaded now: the first line may be one that has no time for it.
    importlib.import_module("aws_lambda_powertools")
    _end_on_sigterm()
    try:
        extension.register(address)
    except Exception as error:
        from .logs import log_fault  # here, so that what logs imports may register itself above

        log_fault("the end of this sandbox will not be announced", error)


def settle() -> None:
    """End init, which collected no garbage: what there is stays, and is never looked through again."""
    gc.freeze()
    gc.enable()


def before_snapshot(callback: Callable[[], object]) -> None:
    """Call something before Lambda takes a snapshot of the sandbox; elsewhere do nothing."""
    if snapshot_restore_py is not None:
        snapshot_restore_py.register_before_snapshot(callback)


def _reseed_after_restore() -> None:
    """Draw other random numbers than the other sandboxes that are restored from the same snapshot.

    Secrets come from the operating system, which is not restored. This is for the rest: which requests are
    traced or log at DEBUG, and how long to wait before a retry.
    """
    if snapshot_restore_py is not None:
        snapshot_restore_py.register_after_restore(random.seed)


def _end_on_sigterm() -> None:
    before: Any = signal.getsignal(signal.SIGTERM)

    def ended(number: int, frame: FrameType | None) -> None:
        shut_down()
        if callable(before):
            before(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, ended)
