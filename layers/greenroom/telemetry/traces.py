"""Traces, behind one seam: the X-Ray SDK under Powertools Tracer is in maintenance and will be replaced.

Off unless a deployed function turns them on: the SDK is not even imported then. A span says what kind of
thing happened and to which booking, never what a user sent: no answer, no exception's text.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

_ON = frozenset({"1", "true", "on"})


def enabled() -> bool:
    """Tell whether spans go anywhere: Lambda has a daemon that takes them, and a stage may do without."""
    in_lambda = bool(os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))
    return in_lambda and os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() not in _ON


@cache
def _tracer() -> "Tracer":
    from aws_lambda_powertools import Tracer

    # Only botocore is patched: to look for everything else that could be costs an import of each.
    return Tracer(service="greenroom", patch_modules=("botocore",))


def prepare() -> None:
    """Load what spans need, in init rather than in the first request."""
    if enabled():
        _tracer()


@contextmanager
def span(name: str) -> Iterator[None]:
    """Trace a piece of work. What it raises must not reach the SDK, which would send its text."""
    if not enabled():
        yield
        return
    provider = _tracer().provider
    provider.begin_subsegment(name)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        provider.end_subsegment()  # type: ignore[attr-defined]


def annotate(**values: str) -> None:
    """Make the span at hand findable by these values."""
    if enabled():
        for name, value in values.items():
            _tracer().put_annotation(name, value)
