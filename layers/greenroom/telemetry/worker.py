"""A Lambda handler that no request reaches: composed in init, watched, with its own line and its metrics."""

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from . import errors, init, logs, metrics, traces
from .faults import report_fault
from .invocations import invocation
from .serving import watched

Answer = TypeVar("Answer")


class Worker(Generic[Answer]):
    """``prepare`` reads settings and composes, once a process by its own means; ``serve`` does the work."""

    def __init__(self, name: str, serve: Callable[[Any, Any], Answer], prepare: Callable[[], object]) -> None:
        self._name = name
        self._serve = serve
        self._prepare = prepare
        self._cold = True
        # Under the real runtime what can fail or take long happens in init, before the first invocation.
        if "AWS_LAMBDA_RUNTIME_API" in os.environ:
            init.begin()
            self._start()
            traces.prepare()
            init.settle()

    def __call__(self, event: Any, context: Any = None) -> Answer:
        """Do the work of one invocation. What fails is reported, and told to Lambda, which tries again."""
        cold, self._cold = self._cold, False
        self._start()
        logs.sample_debug()
        request_id = getattr(context, "aws_request_id", None)
        done = False
        with invocation(self._name, cold=cold, request_id=request_id) as at_hand:
            try:
                with watched(at_hand, event, context, route=self._name):
                    answer = self._work(event, context)
                    done = True
            finally:
                metrics.record_usage()
                logs.log_job(done=done, duration_ms=round(at_hand.milliseconds, 1))
        return answer

    def _start(self) -> None:
        try:
            self._prepare()
        except Exception as error:  # the runtime logs it and ends the process
            errors.capture_exception(error, what="the function could not start")
            errors.flush()
            raise

    def _work(self, event: Any, context: Any) -> Answer:
        try:
            answer = self._serve(event, context)
        except Exception as error:
            report_fault("an invocation failed", error, route=self._name)
            traces.annotate(outcome="failed")
            raise
        traces.annotate(outcome="done")
        return answer
