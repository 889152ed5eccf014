"""The cache that all processes share, on a Redis or Valkey server.

Its answers are foreign: read up to a bound, as JSON alone, and dropped unless they are exactly what was asked
for. Whatever the server does, a reader gets a value or a miss, and waits for it at most once a pause.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from greenroom.telemetry.logs import log_fault

from .pause import Pause
from .port import CacheUnavailable, Entry, Kind, OnOperation, Size

T = TypeVar("T")
R = TypeVar("R")

TIMEOUT_SECONDS = 0.2
MOST_BYTES = 1024 * 1024
"""The largest value, as JSON with its envelope."""

_PROBE_SECONDS = 10


def connect(url: str, *, seconds: float = TIMEOUT_SECONDS) -> Redis:
    """Return a client that tries once, shortly, and on connecting says no more than it must.

    ``url`` is one that the settings have let pass; ``seconds`` are for connecting, and again for each answer.
    Nothing is connected yet.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        max_connections=128,
        # The third version begins with a greeting and asks for notices: two more answers to wait for.
        protocol=2,
        driver_info=None,
    )


class SharedCache:
    """Keeps values as JSON under their version, below ``prefix``."""

    def __init__(
        self,
        client: Redis,
        *,
        prefix: str,
        on_operation: OnOperation,
        pause: Pause | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._on_operation = on_operation
        self._pause = pause or Pause()
        self._most_bytes = most_bytes

    def may_hold(self, kind: Kind[Any], key: str) -> bool:  # noqa: ARG002 - the port's
        """Tell whether the server would be asked at all."""
        return not self._pause.resting

    def get(self, kind: Kind[T], wanted: Sequence[Entry]) -> dict[Entry, T]:
        """Return those of the values that the server has, in one round trip."""
        if not wanted:
            return {}
        replies = self._call(kind.name, lambda: self._read(kind, wanted)) or []
        found: dict[Entry, T] = {}
        for entry, reply in zip(wanted, replies, strict=False):
            # A missing key reads as nothing; what is not text at all comes as the server's complaint.
            if reply == b"":
                continue
            try:
                found[entry] = self._decoded(kind, entry, reply)
            except Exception:  # no list is complete of what a foreign value may do
                self._on_operation(kind.name, "error", 0.0)
        return found

    def put(self, kind: Kind[T], values: Mapping[Entry, T], seconds: int) -> None:
        """Keep values, in one round trip; what is too large is left out."""
        texts = {entry: self._encoded(kind, entry, value) for entry, value in values.items()}
        fitting = {entry: text for entry, text in texts.items() if len(text) <= self._most_bytes}
        if fitting:
            self._call(kind.name, lambda: self._write(kind, fitting, seconds))

    def probe(self) -> None:
        """Put something on the server and get it back."""
        value = secrets.token_hex(8).encode()

        def round_trip() -> list[Any]:
            with self._client.pipeline(transaction=False) as pipeline:
                pipeline.set(f"{self._prefix}:probe:{value.decode()}", value, ex=_PROBE_SECONDS)
                pipeline.get(f"{self._prefix}:probe:{value.decode()}")
                return pipeline.execute()

        if self._call("probe", round_trip) != [True, value]:
            raise CacheUnavailable("the server fails, or is left alone after a failure")

    def size(self) -> Size:
        """Return nothing: what the server holds is not in this process."""
        return Size(backend="shared", entries=0, bytes=0)

    def _call(self, namespace: str, operation: Callable[[], R]) -> R | None:
        """Return the operation's result, or None when it failed or must not be tried yet."""
        ticket = self._pause.admit()
        if ticket is None:
            return None
        started = time.perf_counter()
        try:
            result = operation()
        except Exception as error:  # a cache that fails must fail nobody, however it does
            self._pause.failed()
            self._on_operation(namespace, "error", (time.perf_counter() - started) * 1000)
            log_fault("shared cache failed", error, namespace=namespace)
            return None
        self._pause.answered(ticket)
        return result

    def _read(self, kind: Kind[Any], wanted: Sequence[Entry]) -> list[Any]:
        # Single commands in one go, so that a server in front of several nodes can take them apart. A range,
        # so that a value of any length costs no more than the longest of ours.
        with self._client.pipeline(transaction=False) as pipeline:
            for entry in wanted:
                pipeline.getrange(self._key(kind, entry), 0, self._most_bytes)
            replies = pipeline.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception) and not str(reply).startswith("WRONGTYPE"):
                raise reply
        return replies

    def _write(self, kind: Kind[Any], texts: Mapping[Entry, bytes], seconds: int) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            for entry, text in texts.items():
                pipeline.set(self._key(kind, entry), text, ex=seconds)
            pipeline.execute()

    def _key(self, kind: Kind[Any], entry: Entry) -> str:
        return f"{self._prefix}:{kind.name}:{entry.key}:{entry.version}"

    def _encoded(self, kind: Kind[T], entry: Entry, value: T) -> bytes:
        envelope = {"of": self._key(kind, entry), "is": kind.to_plain(value)}
        return json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()

    def _decoded(self, kind: Kind[T], entry: Entry, reply: Any) -> T:
        if len(reply) > self._most_bytes:
            raise ValueError("too large to be ours")
        envelope = json.loads(reply)
        if envelope["of"] != self._key(kind, entry):
            raise ValueError("another's")
        return kind.from_plain(envelope["is"])
