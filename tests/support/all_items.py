"""Everything that a table holds."""

from typing import Any

from greenroom.storage.items import Item, decode_item


def all_items(dynamodb: Any, table: str) -> list[Item]:
    """Return every item of the table as it is now."""
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    found: list[Item] = []
    while True:
        page = dynamodb.scan(**request)
        found += map(decode_item, page["Items"])
        if not page.get("LastEvaluatedKey"):
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
