"""A runtime in a process of its own, with one worker that does what its events say: ``{"do": …}``.

Like Lambda's own it asks for invocations in a second thread, so that the first one can hear signals.
"""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from greenroom.settings import Settings
from greenroom.telemetry import errors, lifecycle
from greenroom.telemetry.worker import Worker

_ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
_INVOCATION = "/2018-06-01/runtime/invocation"
_SECRET = "hunter2@example.com"  # its value stands in no source line of a report


@dataclass(frozen=True)
class Context:
    """What the worker is told."""

    aws_request_id: str
    ends: float

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the end."""
        return int((self.ends - time.monotonic()) * 1000)


def prepare() -> None:
    """Configure, and have something to say at the end that only a flush after it can bring away."""
    errors.configure(Settings.read())
    lifecycle.at_shutdown(_say_the_last)


def _say_the_last() -> None:
    errors.capture_exception(ValueError(_SECRET), what="the last words")


def serve(event: dict[str, Any], _context: Context) -> str:
    """Do what the event says."""
    if event["do"] == "hang":
        secret = _SECRET
        _wait_for(secret)
    if event["do"] == "fail":
        raise RuntimeError(f"no mail to {_SECRET}")
    return "done"


def _wait_for(_secret: str) -> None:
    threading.Event().wait(60)


def _next() -> tuple[dict[str, Any], Context]:
    connection = HTTPConnection(_ADDRESS)
    connection.request("GET", f"{_INVOCATION}/next")
    answer = connection.getresponse()
    event = json.loads(answer.read())
    ends = time.monotonic() + float(answer.headers["Seconds"])
    return event, Context(answer.headers["Lambda-Runtime-Aws-Request-Id"], ends)


def _post(context: Context, kind: str, body: Any) -> None:
    connection = HTTPConnection(_ADDRESS)
    connection.request("POST", f"{_INVOCATION}/{context.aws_request_id}/{kind}", json.dumps(body))
    connection.getresponse().read()


def main() -> None:
    """Compose the worker, as an import of its module does, and serve."""
    handler = Worker("small", serve, prepare)
    with ThreadPoolExecutor(max_workers=1) as pool:
        while True:
            event, context = pool.submit(_next).result()
            try:
                answer = handler(event, context)
            except Exception as error:
                _post(context, "error", {"errorType": type(error).__name__})
            else:
                _post(context, "response", answer)


if __name__ == "__main__":
    main()
