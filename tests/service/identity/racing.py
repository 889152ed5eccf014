"""Many callers at one moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, operation: Callable[[], T]) -> list[T | Exception]:
    """Call ``operation`` in as many threads at once; return what each returned or raised."""
    together = threading.Barrier(count, timeout=30)

    def call() -> T | Exception:
        together.wait()
        try:
            return operation()
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as threads:
        return [future.result() for future in [threads.submit(call) for _ in range(count)]]
