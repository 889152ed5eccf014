"""Measures the calls of the key service, by botocore event hooks. KMS has no metric of what it throttled."""

import time
from typing import Any

from . import metrics


def measure_key_calls(client: Any) -> None:
    """Make a botocore client of KMS measure its calls for the invocation at hand."""

    def started(context: dict[str, Any], **_: Any) -> None:
        context["greenroom_started"] = time.perf_counter()

    def ended(context: dict[str, Any], parsed: dict[str, Any] | None = None, **_: Any) -> None:
        # Another hook may have answered in place of the network before ours was asked.
        now = time.perf_counter()
        milliseconds = (now - context.get("greenroom_started", now)) * 1000
        metrics.record_key_call(milliseconds, failed=parsed is None or "Error" in parsed)

    client.meta.events.register("before-call", started)
    client.meta.events.register("after-call", ended)
    client.meta.events.register("after-call-error", ended)
