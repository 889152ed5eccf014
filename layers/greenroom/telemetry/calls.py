"""Counts the table calls of the invocation at hand, with their time and what they consumed.

Filled in one place, around every call of every client.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.client import Call, Document
from greenroom.aws.errors import error_code

from . import errors, invocations, logs, metrics

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
_COUNTED = _WRITES | {"GetItem", "BatchGetItem", "Query", "Scan"}
# The tables answered, and with what the caller asked about: no failure of theirs.
_ANSWERS = frozenset(
    {"ConditionalCheckFailedException", "TransactionCanceledException", "TransactionConflictException"}
)
_THROTTLES = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
)


def count_calls(call: Call, proceed: Callable[[], Document]) -> Document:
    """Stand around a call of DynamoDB and report it to the invocation at hand."""
    if call.operation in _COUNTED:
        call.parameters.setdefault("ReturnConsumedCapacity", "TOTAL")
    started = time.perf_counter()
    answer: Document | None = None
    code: str | None = "NoAnswer"
    try:
        answer = proceed()
        code = None
    except ClientError as error:
        code = error_code(error)
        raise
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        _report(call, milliseconds, code, answer or {})
    return answer


def _tables(params: Mapping[str, Any]) -> str:
    """Return the names of the tables that a request touches, never what it asks of them."""
    if "TransactItems" in params:
        names = {operation["TableName"] for item in params["TransactItems"] for operation in item.values()}
    else:
        names = set(params.get("RequestItems", ())) or {params.get("TableName", "")}
    return ",".join(sorted(names))


def _report(call: Call, milliseconds: float, code: str | None, answer: Document) -> None:
    """Note one call; ``code`` is its error's, None where there was none."""
    at_hand = invocations.current()
    if at_hand is None:
        return
    operation, tables = call.operation, _tables(call.parameters)
    error = None if code in _ANSWERS else code
    consumed = answer.get("ConsumedCapacity") or []
    found = consumed if isinstance(consumed, list) else [consumed]
    units = sum(float(entry.get("CapacityUnits", 0)) for entry in found)
    reads, writes = (0.0, units) if operation in _WRITES else (units, 0.0)
    at_hand.calls += 1
    at_hand.call_milliseconds += milliseconds
    at_hand.read_units += reads
    at_hand.write_units += writes
    throttled = error in _THROTTLES
    metrics.record_database_call(milliseconds, failed=error is not None, throttled=throttled)
    errors.table_breadcrumb(operation, tables.partition(",")[0], milliseconds)
    logs.log_database(operation, tables, milliseconds, read_units=reads, write_units=writes, error=error)
