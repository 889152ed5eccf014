"""What runs without a request: a handler of a stream, a schedule or a queue, with its own line."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from . import logs, metrics, traces
from .invocations import invocation

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def job(service: str) -> Callable[[Handler], Handler]:
    """Make a function a Lambda handler that writes one line an invocation; what it raises comes through.

    Lambda repeats an invocation that raised, so a failure is told and never swallowed.
    """

    def wrap(work: Handler) -> Handler:
        warm = False

        @wraps(work)
        def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
            nonlocal warm
            cold, warm = not warm, True
            logs.sample_debug()
            request_id = getattr(context, "aws_request_id", None)
            with invocation(service, cold=cold, request_id=request_id) as at_hand, traces.span(service):
                done = False
                try:
                    result = work(event, context)
                    done = True
                except Exception as error:
                    logs.log_fault("job failed", error)
                    raise
                finally:
                    traces.annotate(outcome="done" if done else "failed", **at_hand.marks)
                    metrics.record_usage()
                    logs.log_job(done=done, duration_ms=round(at_hand.milliseconds, 1))
            return result

        return handler

    return wrap
