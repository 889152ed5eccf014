"""Traces, behind one seam: the X-Ray SDK under Powertools Tracer is in maintenance and will be replaced.

Off unless a deployed function turns them on: the SDK is not even imported then. A span says what kind of
thing happened and to which booking, never what a user sent: no answer, no exception's text.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from aws_lambda_powertools import Tracer

from greenroom.aws.client import Call, Document, Middleware
from greenroom.aws.errors import CALL_ERRORS

from . import lifecycle

_ON = frozenset({"1", "true", "on"})


def enabled() -> bool:
    """Tell whether spans go anywhere: Lambda has a daemon that takes them, and a stage may do without."""
    in_lambda = bool(os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))
    return in_lambda and os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() not in _ON


def _recording() -> bool:
    """Tell whether the invocation at hand was drawn: of others nothing would be sent, so nothing is made."""
    return "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "") and enabled()


@cache
def _tracer() -> Tracer:
    # Patching everything would import everything that can be patched.
    return Tracer(service="greenroom", auto_patch=False)


def prepare() -> None:
    """Load the SDK in init; on demand the first sampled request loads it."""
    if enabled() and not lifecycle.is_on_demand():
        _tracer()


def patch_botocore() -> None:
    """Trace the calls of boto3's clients, once botocore is loaded."""
    if enabled():
        _tracer().patch(("botocore",))


def traced_call(region: str) -> Middleware:
    """Return what stands around the calls of our own clients and traces them as calls of AWS."""

    def around(call: Call, proceed: Callable[[], Document]) -> Document:
        if not _recording():
            return proceed()
        provider = _tracer().provider
        subsegment = provider.begin_subsegment(call.service, namespace="aws")  # type: ignore[attr-defined]
        try:
            return proceed()
        except CALL_ERRORS:
            # The text may quote the request, so the span only says that the call failed.
            if subsegment:
                subsegment.add_fault_flag()
            raise
        finally:
            if subsegment:
                subsegment.set_aws(
                    {
                        "operation": call.operation,
                        "region": region,
                        "table_name": call.parameters.get("TableName", ""),
                    }
                )
            provider.end_subsegment()  # type: ignore[attr-defined]

    return around


@contextmanager
def span(name: str) -> Iterator[None]:
    """Trace a piece of work. What it raises must not reach the SDK, which would send its text."""
    if not _recording():
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
    if _recording():
        for name, value in values.items():
            _tracer().put_annotation(name, value)
