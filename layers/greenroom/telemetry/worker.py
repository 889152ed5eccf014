"""A Lambda handler that no request reaches: composed in init, watched, and its errors reported."""

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from . import deadlines, errors, lifecycle
from .faults import report_fault

Answer = TypeVar("Answer")


class Worker(Generic[Answer]):
    """``prepare`` reads settings and composes, once a process by its own means; ``serve`` does the work."""

    def __init__(self, name: str, serve: Callable[[Any, Any], Answer], prepare: Callable[[], object]) -> None:
        self._name = name
        self._serve = serve
        self._prepare = prepare
        # Under the real runtime what can fail or take long happens in init, before the first invocation.
        if "AWS_LAMBDA_RUNTIME_API" in os.environ:
            lifecycle.begin()
            prepare()

    def __call__(self, event: Any, context: Any = None) -> Answer:
        """Do the work of one invocation. What fails is reported, and told to Lambda, which tries again."""
        self._prepare()
        told = {"route": self._name, "request_id": str(getattr(context, "aws_request_id", ""))}
        with (
            errors.request_scope(function=self._name, **told),
            deadlines.watch(context, lambda: told),
        ):
            try:
                return self._serve(event, context)
            except Exception as error:
                report_fault("an invocation failed", error, **told)
                raise
