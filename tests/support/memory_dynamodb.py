"""A DynamoDB client in memory, exact in what the project asks of one: conditions, transactions, indexes.

It takes the very requests that go to the real service, so nothing of the project's own code is replaced.
A contract test holds it against the emulator. Calls are serialised by one lock; a fault that the emulator
never shows, a transaction's conflict, is raised when a test asks for it.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from threading import RLock
from typing import Any

from botocore.exceptions import ClientError

from local.tables import TABLES, Index, Table

Attributes = dict[str, Any]
_FUNCTION = re.compile(r"(attribute_not_exists|attribute_exists)\((#\w+)\)")
_EQUAL = re.compile(r"(#\w+) = (:\w+)")
_MOST = 100


def failure(code: str, operation: str, **more: Any) -> ClientError:
    """Return the error that the service would raise."""
    response: Any = {"Error": {"Code": code, "Message": code}, **more}
    return ClientError(response, operation)


def _comparable(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    return (kind, Decimal(inner)) if kind == "N" else (kind, inner)


def _key(attributes: Mapping[str, Any]) -> tuple[str, str]:
    return attributes["pk"]["S"], attributes["sk"]["S"]


def _holds(item: Attributes | None, request: Mapping[str, Any]) -> bool:
    """Evaluate the request's condition: functions of existence and equalities, joined by AND."""
    expression = request.get("ConditionExpression")
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for clause in expression.split(" AND ") if expression else []:
        if match := _FUNCTION.fullmatch(clause):
            exists = item is not None and names[match[2]] in item
            if exists != (match[1] == "attribute_exists"):
                return False
        elif match := _EQUAL.fullmatch(clause):
            found = (item or {}).get(names[match[1]])
            if found is None or _comparable(found) != _comparable(values[match[2]]):
                return False
        else:
            raise AssertionError(f"the fake cannot read {clause!r}")
    return True


def _updated(item: Attributes | None, request: Mapping[str, Any]) -> Attributes:
    names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
    changed = dict(item) if item is not None else dict(request["Key"])
    assign, _, remove = request["UpdateExpression"].partition("REMOVE ")
    for clause in filter(None, assign.removeprefix("SET ").strip().split(", ")):
        match = _EQUAL.fullmatch(clause)
        if match is None:
            raise AssertionError(f"the fake cannot read {clause!r}")
        changed[names[match[1]]] = values[match[2]]
    for name in filter(None, remove.split(", ")):
        changed.pop(names[name], None)
    return changed


class MemoryDynamoDB:
    """Tables by name, each of items by key. The tables are those of the project, under their plain names."""

    def __init__(self, tables: Iterable[Table] = TABLES) -> None:
        self._tables = {table.name: table for table in tables}
        self._items: dict[str, dict[tuple[str, str], Attributes]] = {name: {} for name in self._tables}
        self._lock = RLock()
        self.conflicts = 0
        """How many of the next transactions are refused as in conflict with another."""

    def scan(self, *, TableName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Return all items of a table, on one page."""
        with self._lock:
            return {"Items": [dict(item) for item in self._items[TableName].values()]}

    def get_item(self, *, TableName: str, Key: Attributes, **_: Any) -> dict[str, Any]:  # noqa: N803
        with self._lock:
            item = self._items[TableName].get(_key(Key))
            return {"Item": dict(item)} if item is not None else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        wanted = {table: [_key(key) for key in asked["Keys"]] for table, asked in RequestItems.items()}
        for keys in wanted.values():
            if len(set(keys)) != len(keys) or sum(map(len, wanted.values())) > _MOST:
                raise failure("ValidationException", "BatchGetItem")
        with self._lock:
            return {
                "Responses": {
                    table: [dict(self._items[table][key]) for key in keys if key in self._items[table]]
                    for table, keys in wanted.items()
                },
                "UnprocessedKeys": {},
            }

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._write_one("Put", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._write_one("Update", request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._write_one("Delete", request)

    def _write_one(self, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            if not _holds(self._found(request), request):
                raise failure("ConditionalCheckFailedException", f"{verb}Item")
            self._apply(verb, request)
        return {}

    def _found(self, request: Mapping[str, Any]) -> Attributes | None:
        return self._items[request["TableName"]].get(_key(request.get("Item") or request["Key"]))

    def _apply(self, verb: str, request: Mapping[str, Any]) -> None:
        items = self._items[request["TableName"]]
        match verb:
            case "Put":
                items[_key(request["Item"])] = dict(request["Item"])
            case "Update":
                items[_key(request["Key"])] = _updated(self._found(request), request)
            case "Delete":
                items.pop(_key(request["Key"]), None)

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        writes = [(verb, request) for entry in TransactItems for verb, request in entry.items()]
        touched = [
            (request["TableName"], _key(request.get("Item") or request["Key"])) for _, request in writes
        ]
        if len(set(touched)) != len(touched) or len(touched) > _MOST:
            raise failure("ValidationException", "TransactWriteItems")
        with self._lock:
            if self.conflicts:
                self.conflicts -= 1
                reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (len(writes) - 1)]
                raise failure("TransactionCanceledException", "Write", CancellationReasons=reasons)
            held = [_holds(self._found(request), request) for _, request in writes]
            if not all(held):
                reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in held]
                raise failure("TransactionCanceledException", "Write", CancellationReasons=reasons)
            for verb, request in writes:
                self._apply(verb, request)
        return {}

    def query(self, **request: Any) -> dict[str, Any]:
        table = self._tables[request["TableName"]]
        index = next((each for each in table.indexes if each.name == request.get("IndexName")), None)
        partition, sort = (index.partition, index.sort) if index else ("pk", "sk")
        values = request["ExpressionAttributeValues"]
        first, last = values.get(":a", {"S": ""})["S"], values.get(":z", {"S": "\U0010ffff"})["S"]
        if first > last:
            raise failure("ValidationException", "Query")
        with self._lock:
            found = [
                item
                for item in self._items[table.name].values()
                if item.get(partition) == values[":p"] and first <= item.get(sort, {}).get("S", "") <= last
                if sort in item
            ]
        return _page(found, request, sort, index)


def _page(
    found: list[Attributes], request: Mapping[str, Any], sort: str, index: Index | None
) -> dict[str, Any]:
    def place(item: Attributes) -> tuple[str, tuple[str, str]]:
        return item[sort]["S"], _key(item)

    forward, begin = request["ScanIndexForward"], request.get("ExclusiveStartKey")
    found.sort(key=place, reverse=not forward)
    if begin is not None:
        # The item itself may have gone since; the place where it stood has not.
        found = [
            item for item in found if (place(item) > place(begin)) == forward and place(item) != place(begin)
        ]
    keys = ["pk", "sk", *([index.partition, index.sort] if index else [])]
    positions = [{name: item[name] for name in keys} for item in found]
    limit = request.get("Limit", len(found) + 1)
    shown = positions if index and index.projection == "KEYS_ONLY" else [dict(item) for item in found]
    answer: dict[str, Any] = {"Items": shown[:limit]}
    if limit <= len(found):
        answer["LastEvaluatedKey"] = positions[limit - 1]
    return answer
