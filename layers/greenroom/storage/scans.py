"""Reads of a whole table, for repairs by an operator and never for a request."""

from collections.abc import Iterator, Mapping
from typing import Any

from .items import Item, decode_item, encode
from .tables import Tables, _errors_translated


def scan(
    tables: Tables, table: str, *, equal: Mapping[str, Any], between: tuple[str, str, str]
) -> Iterator[Item]:
    """Yield the items that have the attributes of ``equal``, and one of whose attributes lies ``between``.

    ``between`` is (attribute, first, last), both included. Every item of the table is read and paid for,
    half a read unit for each 4 KB, whatever comes out; items written meanwhile may be missing. Those of
    one partition come in the order of their sort keys.
    """
    names = {f"#e{index}": name for index, name in enumerate(equal)} | {"#b": between[0]}
    values = {f":e{index}": encode(value) for index, value in enumerate(equal.values())}
    values |= {":first": encode(between[1]), ":last": encode(between[2])}
    clauses = [f"#e{index} = :e{index}" for index in range(len(equal))] + ["#b BETWEEN :first AND :last"]
    request: dict[str, Any] = {
        "TableName": table,
        "FilterExpression": " AND ".join(clauses),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    while True:
        with _errors_translated():
            answer = tables.client.scan(**request)
        yield from map(decode_item, answer["Items"])
        last = answer.get("LastEvaluatedKey")
        if not last:
            return
        request = {**request, "ExclusiveStartKey": last}
