"""A Redis client over a dictionary, exact in the few commands that the shared cache sends.

The tests of the real server send the same ones; here a clock and a death are at the test's command.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from redis.exceptions import ConnectionError as NoConnection


class PaperRedis:
    """A server with its client. While ``down`` nothing is answered; ``calls`` are the round trips tried."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.values: dict[str, tuple[bytes, float]] = {}
        self.clock = clock
        self.down = False
        self.calls = 0

    def pipeline(self, *, transaction: bool) -> "_Pipeline":
        assert not transaction
        return _Pipeline(self)

    def found(self, key: str) -> bytes | None:
        """Return a value that has not ended yet."""
        value, ends = self.values.get(key, (None, 0.0))
        return value if ends > self.clock() else None


class _Pipeline:
    def __init__(self, server: PaperRedis) -> None:
        self._server = server
        self._commands: list[Callable[[], Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._commands.clear()

    def set(self, key: str, value: bytes, *, ex: int) -> None:
        def command() -> bool:
            self._server.values[key] = (value, self._server.clock() + ex)
            return True

        self._commands.append(command)

    def get(self, key: str) -> None:
        self._commands.append(lambda: self._server.found(key))

    def getrange(self, key: str, first: int, last: int) -> None:
        self._commands.append(lambda: (self._server.found(key) or b"")[first : last + 1])

    def execute(self, *, raise_on_error: bool = True) -> list[Any]:  # noqa: ARG002 - nothing fails by itself
        self._server.calls += 1
        if self._server.down:
            raise NoConnection("refused")
        return [command() for command in self._commands]
