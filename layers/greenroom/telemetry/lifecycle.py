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

_SECONDS = 0.4
"""For all that is to be done at the end. Lambda gives 0.5."""

_PREWARMED = frozenset({"provisioned-concurrency", "snap-start"})

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


def is_prewarmed() -> bool:
    """Return True where no request waits for the start: provisioned concurrency, and SnapStart."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in _PREWARMED


def begin() -> None:
    """Hear of the sandbox's end, under Lambda's runtime alone; called in init, from the main thread.

    A function that cannot be told of its end works all the same, and the log says so.
    """
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address or threading.current_thread() is not threading.main_thread():
        return
    _be_unlike_others()
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


def _be_unlike_others() -> None:
    """Draw other random numbers than every other sandbox that is restored from the same snapshot.

    What must not be guessed comes from the system, which is not restored. This is for the rest: which
    requests are traced or log at DEBUG, and how long to wait before trying again, or all would do so at once.
    """
    try:
        from snapshot_restore_py import register_after_restore
    except ImportError:  # it is part of the runtime, not of ours
        return
    register_after_restore(random.seed)


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
