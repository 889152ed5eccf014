"""A boto3 client that is watched, and made to crash where a process could."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})


class Crash(BaseException):
    """The process ends here: nothing may catch it."""


def conflict() -> None:
    """Refuse a transaction as DynamoDB does when another one holds its items."""
    raise ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [{"Code": "TransactionConflict"}],
        },
        "TransactWriteItems",
    )


class Recording:
    """Passes every call on and keeps its name.

    ``before_write`` holds what happens ahead of the first, second, … transaction; it may raise.
    """

    def __init__(self, client: Any, *, before_write: Sequence[Callable[[], object]] = ()) -> None:
        self._client = client
        self._before_write = list(before_write)
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name.startswith("_") or not callable(operation):
            return operation

        def call(**parameters: Any) -> Any:
            self.names.append(name)
            if name == "transact_write_items" and self._before_write:
                self._before_write.pop(0)()
            return operation(**parameters)

        return call


@dataclass
class CrashPoint:
    """Counts the steps that change the world outside the process, and crashes at one of them."""

    at: int
    """Which step, from 0."""
    done: bool
    """Whether that step still takes effect."""
    steps: int = field(default=0, init=False)

    def step(self, effect: Callable[[], Any]) -> Any:
        """Take one step, or crash before or after it."""
        mine, self.steps = self.steps == self.at, self.steps + 1
        if mine and not self.done:
            raise Crash
        result = effect()
        if mine:
            raise Crash
        return result


class CrashingClient:
    """A client whose writes are steps."""

    def __init__(self, client: Any, point: CrashPoint, steps: frozenset[str] = WRITES) -> None:
        self._client = client
        self._point = point
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name not in self._steps:
            return operation
        return lambda **parameters: self._point.step(lambda: operation(**parameters))


class CrashingMailer:
    """A mailer whose sending is a step."""

    def __init__(self, mailer: Any, point: CrashPoint) -> None:
        self._mailer = mailer
        self._point = point

    def send(self, message: Any) -> None:
        self._point.step(lambda: self._mailer.send(message))
