"""Whole tables, read and filled."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from local.restore.exports import Attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 25  # BatchWriteItem's own bound
_ROUNDS = 10


def read_table(dynamodb: "DynamoDBClient", table: str) -> Iterator[Attributes]:
    """Yield every item of a table that nobody writes to meanwhile."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    for page in pages:
        yield from page["Items"]


def fill_table(dynamodb: "DynamoDBClient", table: str, items: Sequence[Attributes]) -> None:
    """Put the items into a table. Raises ``RuntimeError`` when it goes on refusing some of them."""
    for first in range(0, len(items), _BATCH):
        request: dict[str, Any] = {
            table: [{"PutRequest": {"Item": item}} for item in items[first : first + _BATCH]]
        }
        for again in range(_ROUNDS):
            request = dict(dynamodb.batch_write_item(RequestItems=request).get("UnprocessedItems", {}))
            if not request:
                break
            time.sleep(0.05 * 2**again)
        else:
            raise RuntimeError(f"{table} takes no more items")
