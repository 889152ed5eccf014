"""Counts the table calls of the invocation at hand, with their time and what they consumed.

Filled by botocore event hooks, in one place, for every client.
"""

import time
from typing import Any

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


def count_calls(client: Any) -> None:
    """Make a botocore client of DynamoDB report its calls to the invocation at hand."""

    def asked(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context["greenroom_call"] = (model.name, _tables(params))
        if model.name in _COUNTED:
            params.setdefault("ReturnConsumedCapacity", "TOTAL")

    def started(context: dict[str, Any], **_: Any) -> None:
        context["greenroom_started"] = time.perf_counter()

    def ended(context: dict[str, Any], parsed: dict[str, Any] | None = None, **_: Any) -> None:
        # Another hook may have answered in place of the network before ours was asked.
        now = time.perf_counter()
        milliseconds = (now - context.get("greenroom_started", now)) * 1000
        operation, tables = context["greenroom_call"]
        _report(operation, tables, milliseconds, parsed)

    client.meta.events.register("provide-client-params.dynamodb", asked)
    client.meta.events.register("before-call", started)
    client.meta.events.register("after-call", ended)
    client.meta.events.register("after-call-error", ended)


def _tables(params: dict[str, Any]) -> str:
    """Return the names of the tables that a request touches, never what it asks of them."""
    if "TransactItems" in params:
        names = {operation["TableName"] for item in params["TransactItems"] for operation in item.values()}
    else:
        names = set(params.get("RequestItems", ())) or {params.get("TableName", "")}
    return ",".join(sorted(names))


def _report(operation: str, tables: str, milliseconds: float, parsed: dict[str, Any] | None) -> None:
    """Note one call; ``parsed`` is the answer, None where there was none."""
    at_hand = invocations.current()
    if at_hand is None:
        return
    code = "NoAnswer" if parsed is None else parsed.get("Error", {}).get("Code")
    error = None if code in _ANSWERS else code
    consumed = (parsed or {}).get("ConsumedCapacity") or []
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
