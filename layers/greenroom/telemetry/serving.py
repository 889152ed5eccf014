"""The span, the error reports and the deadline of an invocation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import deadlines, errors, traces
from .invocations import Invocation


@contextmanager
def watched(
    at_hand: Invocation, event: object, context: Any, *, route: str, method: str = ""
) -> Iterator[None]:
    """Watch an invocation; ``event`` and ``context`` are Lambda's. Its reports leave at its end."""
    request_id, name = str(at_hand.context.get("request_id") or ""), f"{method} {route}".strip()
    with (
        errors.request_scope(function=at_hand.service, route=name, request_id=request_id, received=event),
        deadlines.watch(context, lambda: {"route": route, "request_id": request_id}),
        traces.span(at_hand.service),
    ):
        try:
            yield
        finally:
            traces.annotate(route=name, **at_hand.marks)
