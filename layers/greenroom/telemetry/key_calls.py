"""Measures the calls of the key service. KMS has no metric of what it throttled."""

import time
from collections.abc import Callable

from greenroom.aws.client import Call, Document

from . import metrics


def measure_key_calls(_: Call, proceed: Callable[[], Document]) -> Document:
    """Stand around a call of KMS and measure it for the invocation at hand."""
    started, failed = time.perf_counter(), True
    try:
        answer = proceed()
        failed = False
    finally:
        metrics.record_key_call((time.perf_counter() - started) * 1000, failed=failed)
    return answer
