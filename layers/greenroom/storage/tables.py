"""Reads and transactions on the tables, with DynamoDB's errors turned into the project's own."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from greenroom.aws.errors import NO_RESPONSE, error_code, is_retryable, status_code
from greenroom.refusals import Unavailable

from .items import Item, decode_item, encode, encode_item
from .keys import Key
from .writes import Check, Delete, Put, Update, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100  # BatchGetItem's own bound
_ROUNDS = 5
_FIRST_PAUSE = 0.01
"""Seconds, at the most, doubled for the second round and each after it."""


class ConditionFailed(Exception):
    """A condition did not hold; nothing was written. ``indexes`` are the positions of the failed writes.

    ``item`` is the item as it was found, where the write asked for it and there is one. ``may_have_run``: an
    earlier attempt of the same call got no response, so its own effect may be why the condition failed.
    """

    def __init__(
        self, indexes: Iterable[int], item: Item | None = None, *, may_have_run: bool = False
    ) -> None:
        self.indexes = frozenset(indexes)
        self.item = item
        self.may_have_run = may_have_run
        super().__init__(f"conditions failed at {sorted(self.indexes)}")


class Contended(Unavailable):
    """Another transaction touched the same items at the same time; nothing was written: try again."""

    def __init__(self) -> None:
        super().__init__(retry_after=1)


class Throttled(Unavailable):
    """The table refused for now. ``one_key``: because of one key's traffic, as far as it tells."""

    def __init__(self, *, one_key: bool) -> None:
        super().__init__(retry_after=1)
        self.one_key = one_key


_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
)
_UNAVAILABLE = frozenset({"InternalServerError", "ServiceUnavailable"})
_CONTENDED = frozenset(
    {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
)


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _translated(error) from error
    except NO_RESPONSE as error:
        raise Unavailable(retry_after=1) from error


def _translated(error: ClientError) -> Exception:
    code, response = error_code(error), cast("dict[str, Any]", error.response)
    unknown = response.get("ResponseMetadata", {}).get("MayHaveRun", False)
    if code == "ConditionalCheckFailedException":
        found = response.get("Item")
        return ConditionFailed([0], decode_item(found) if found else None, may_have_run=unknown)
    if code == "TransactionCanceledException":
        reasons = [reason.get("Code", "None") for reason in response.get("CancellationReasons", [])]
        # A failed condition is final whatever else happened; a conflict or a throttle may be tried again.
        failed = [index for index, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
        if failed:
            return ConditionFailed(failed)
        if any(reason in _CONTENDED for reason in reasons):
            return Contended()
        if any(reason in {"ThrottlingError", "ProvisionedThroughputExceeded"} for reason in reasons):
            return Unavailable(retry_after=1)
    if code in _CONTENDED and not unknown:  # after a lost response it may be this very call that is running
        return Contended()
    if code in _THROTTLED:
        return Throttled(one_key=_about_one_key(error))
    if code in _UNAVAILABLE or code in _CONTENDED or status_code(error) >= 500 or is_retryable(error):
        return Unavailable(retry_after=1)
    return error


def _about_one_key(error: ClientError) -> bool:
    """Return whether one busy key is throttled: by the reasons, and probably if there are none."""
    response = cast("dict[str, Any]", error.response)
    reasons = [reason.get("reason", "") for reason in response.get("ThrottlingReasons") or ()]
    account_wide = error_code(error) == "RequestLimitExceeded"
    return any("KeyRange" in reason for reason in reasons) or not (reasons or account_wide)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a query; ``next_key`` continues it, None at the end."""

    items: list[Item]
    next_key: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables' client. Every read is strongly consistent unless it says otherwise."""

    client: "DynamoDBClient"
    sleep: Callable[[float], None] = time.sleep

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        """Return the item, or None."""
        with _errors_translated():
            answer = self.client.get_item(
                TableName=table, Key=encode_item(key._asdict()), ConsistentRead=consistent
            )
        return decode_item(answer["Item"]) if "Item" in answer else None

    def batch_get(self, wanted: Mapping[str, Sequence[Key]]) -> dict[tuple[str, Key], Item]:
        """Return the items that exist among ``wanted`` (at most 100), by table and key, in one round trip."""
        if sum(map(len, wanted.values())) > _BATCH:
            raise ValueError(f"at most {_BATCH} keys in one batch")
        request: dict[str, Any] = {
            table: {
                "Keys": [encode_item(key._asdict()) for key in dict.fromkeys(keys)],
                "ConsistentRead": True,
            }
            for table, keys in wanted.items()
            if keys
        }
        found: dict[tuple[str, Key], Item] = {}
        if not request:
            return found
        for round_number in range(_ROUNDS):
            if round_number:  # what was left out was so because the table is busy
                self.sleep(random.uniform(0, _FIRST_PAUSE * 2**round_number))  # noqa: S311 - jitter
            with _errors_translated():
                answer = self.client.batch_get_item(RequestItems=request)
            for table, rows in answer["Responses"].items():
                for item in map(decode_item, rows):
                    found[table, Key(item["pk"], item["sk"])] = item
            request = dict(answer.get("UnprocessedKeys", {}))
            if not request:
                return found
        raise Unavailable(retry_after=1)

    def query(
        self,
        table: str,
        *,
        partition: tuple[str, str],
        between: tuple[str, str, str] | None = None,
        index: str | None = None,
        start_key: dict[str, Any] | None = None,
        limit: int | None = None,
        descending: bool = False,
        consistent: bool = True,
    ) -> Page:
        """Query one partition, ``(attribute, value)``, in the order of its sort key.

        ``between`` is (attribute, first, last), both included. Index reads are eventually consistent.
        """
        names, values = {"#p": partition[0]}, {":p": encode(partition[1])}
        condition = "#p = :p"
        if between:
            names["#s"] = between[0]
            values |= {":a": encode(between[1]), ":z": encode(between[2])}
            condition += " AND #s BETWEEN :a AND :z"
        parameters: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not descending,
            "ConsistentRead": consistent and index is None,
        }
        if index:
            parameters["IndexName"] = index
        if start_key:
            parameters["ExclusiveStartKey"] = encode_item(start_key)
        if limit:
            parameters["Limit"] = limit
        with _errors_translated():
            answer = self.client.query(**parameters)
        last = answer.get("LastEvaluatedKey")
        return Page([decode_item(row) for row in answer["Items"]], decode_item(last) if last else None)

    def query_all(self, table: str, **parameters: Any) -> Iterator[Item]:
        """Yield every item of a query, page after page."""
        start_key = None
        while True:
            page = self.query(table, start_key=start_key, **parameters)
            yield from page.items
            start_key = page.next_key
            if start_key is None:
                return

    def write(self, *writes: Write) -> None:
        """Write all or nothing. One write goes alone, at half a transaction's price.

        Raises ``ConditionFailed`` or ``Contended`` when nothing was written, ``Unavailable`` when that is
        not known: the answer may have been lost on its way.
        """
        if len(writes) == 1 and not isinstance(writes[0], Check):
            self._write_one(writes[0])
            return
        items: list[Any] = [{write.verb: write.request()} for write in writes]
        with _errors_translated():
            # The client adds a token, so its own further tries cannot write twice.
            self.client.transact_write_items(TransactItems=items)

    def update(self, table: str, key: Key, request: Mapping[str, Any]) -> Item:
        """Update one item by expressions and return it as it is now.

        ``request`` has the expressions and their values, in DynamoDB's terms. A ``ConditionFailed``
        carries the item as it was found, which costs no more; else as ``write``.
        """
        with _errors_translated():
            answer = self.client.update_item(
                TableName=table,
                Key=encode_item(key._asdict()),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        return decode_item(answer["Attributes"])

    def _write_one(self, write: Write) -> None:
        request = write.request()
        if "ConditionExpression" in request:
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"  # costs nothing
        try:
            with _errors_translated():
                match write:
                    case Put():
                        self.client.put_item(**request)
                    case Update():
                        self.client.update_item(**request)
                    case Delete():
                        self.client.delete_item(**request)
        except ConditionFailed as failed:
            if not failed.may_have_run:
                raise ConditionFailed(failed.indexes) from failed
            # Only a whole item proves that the attempt whose response was lost has written it.
            if not isinstance(write, Put) or not write.wrote(failed.item):
                raise Unavailable(retry_after=1) from failed
