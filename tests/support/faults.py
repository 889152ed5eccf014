"""Faults and rivals at the steps that leave the process: a table call, or a call of the provider."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import HTTPClientError

TABLE_CALLS = frozenset(
    {
        "get_item",
        "batch_get_item",
        "query",
        "put_item",
        "update_item",
        "delete_item",
        "transact_write_items",
    }
)


class Crash(BaseException):
    """The process ends here: nothing may catch it."""


def lost_answer() -> Exception:
    """Return what the client raises when the connection breaks, whether or not the call took effect."""
    return HTTPClientError(error="the connection broke")


@dataclass
class FaultPoint:
    """Counts steps, and fails at one of them: ``done`` says whether that step still takes effect."""

    at: int
    """Which step, from 0."""
    done: bool
    fault: Callable[[], BaseException] = Crash
    steps: int = field(default=0, init=False)

    @property
    def reached(self) -> bool:
        """Whether there was such a step."""
        return self.steps > self.at

    def step(self, effect: Callable[[], Any], fault: Callable[[], BaseException] | None = None) -> Any:
        """Take one step, or fail before or after it."""
        mine, self.steps = self.steps == self.at, self.steps + 1
        error = (fault or self.fault)()
        if mine and not self.done:
            raise error
        result = effect()
        if mine:
            raise error
        return result


class Faulty:
    """Anything with methods, some of which are steps; ``fault`` replaces that of the point."""

    def __init__(
        self,
        real: Any,
        point: FaultPoint,
        steps: frozenset[str],
        fault: Callable[[], BaseException] | None = None,
    ) -> None:
        self._real = real
        self._point = point
        self._steps = steps
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._real, name)
        if name not in self._steps:
            return operation
        return lambda **parameters: self._point.step(lambda: operation(**parameters), self._fault)


class Overtaken:
    """A client that lets somebody else act just before its next transaction."""

    def __init__(self, client: Any, intrude: Callable[[], object]) -> None:
        self._client = client
        self._intrude = [intrude]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if self._intrude:
            self._intrude.pop()()
        return self._client.transact_write_items(**request)
