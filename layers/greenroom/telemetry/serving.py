"""What watches over an invocation while it works: its span, its error reports, and its deadline."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import deadlines, errors, traces
from .invocations import Invocation


@contextmanager
def watched(at_hand: Invocation, context: Any, *, route: str, method: str = "") -> Iterator[None]:
    """Watch an invocation; ``context`` is Lambda's. What was captured has left at the end, if it could."""
    request_id, name = str(at_hand.context.get("request_id") or ""), f"{method} {route}".strip()
    with (
        errors.request_scope(function=at_hand.service, route=name, request_id=request_id),
        deadlines.watch(context, lambda: {"route": route, "request_id": request_id}),
        traces.span(at_hand.service),
    ):
        try:
            yield
        finally:
            traces.annotate(route=name, **at_hand.marks)
