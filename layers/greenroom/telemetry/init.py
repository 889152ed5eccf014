"""Init under Lambda's runtime: what every function does before it composes its services, and after.

Lambda kills a sandbox without notice unless an extension is registered. One in the function's own process is
enough: it asks for no events, so that it costs nothing at an invocation, and from then on the process gets
SIGTERM and half a second.
"""

import gc
import os
import random
import threading

from . import extension
from .lifecycle import after_restore, end_on_sigterm
from .logs import log_fault


def begin() -> None:
    """Register for the end of the sandbox. Call it in init, from the main thread; elsewhere it does nothing.

    A function that cannot register works all the same, and the log says so.
    """
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address or threading.current_thread() is not threading.main_thread():
        return
    # Sandboxes restored from one snapshot must differ in which requests they trace or log at DEBUG, and in
    # how long they wait before a retry. Secrets come from the system, which is not restored.
    after_restore(random.seed)
    end_on_sigterm()
    try:
        extension.register(address)
    except Exception as error:
        log_fault("the end of this sandbox will not be announced", error)


def settle() -> None:
    """End init, which collected no garbage: what there is stays, and is never looked through again."""
    gc.freeze()
    gc.enable()
