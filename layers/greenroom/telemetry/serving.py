"""What watches over an invocation while it works: its span, its error reports, and its deadline."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import deadlines, errors, traces
from .invocations import Invocation


@contextmanager
def watched(at_hand: Invocation, context: Any, *, route: str) -> Iterator[None]:
    """Watch an invocation; ``context`` is Lambda's. What was captured has left at the end, if it could."""
    told = {"route": route, "request_id": str(at_hand.context.get("request_id") or "")}
    with (
        errors.request_scope(function=at_hand.service, **told),
        deadlines.watch(context, lambda: told),
        traces.span(at_hand.service),
    ):
        try:
            yield
        finally:
            traces.annotate(route=route, **at_hand.marks)
