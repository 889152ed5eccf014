"""One version of a function, called past its alias: nobody else's calls reach it yet."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .asking import Answer, Ask, Unexpected
from .events import proxy_event, read_answer
from .journeys import JOURNEYS


class Lambda(Protocol):
    """What is used of Lambda's client."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:  # noqa: N803
        """Call a function and wait."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, by its ARN."""

    lambda_client: Lambda
    arn: str
    in_time: Callable[[], None]
    """Asked before each call; raises where there is no time for one more."""

    def call(self, event: Mapping[str, Any]) -> Any:
        """Hand it an event and return its answer; raise ``Unexpected`` if it crashed or another one ran."""
        self.in_time()
        number = self.arn.rpartition(":")[2]
        answer = self.lambda_client.invoke(FunctionName=self.arn, Payload=json.dumps(event).encode())
        document = _document(answer["Payload"].read())
        if "FunctionError" in answer:
            kind = document.get("errorType") if isinstance(document, dict) else None
            raise Unexpected(f"version {number} crashed: {kind}")
        if answer.get("ExecutedVersion") != number:
            raise Unexpected(f"version {answer.get('ExecutedVersion')} answered in place of {number}")
        return document

    def ask(self, ask: Ask) -> Answer:
        """Ask as the gateway would."""
        return read_answer(ask, self.call(proxy_event(ask)))


def _document(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return None


def _check_outbox(version: Version) -> None:
    """An empty batch: everything is composed, nothing is sent."""
    if version.call({"Records": []}) != {"batchItemFailures": []}:
        raise Unexpected("an empty batch was not taken")


def _check_sweeper(version: Version) -> None:
    """A look at what is due: it reads, as a sweep does, and writes nothing down."""
    seen = version.call({"look_only": True})
    if not isinstance(seen, dict) or set(seen) != {"due"}:
        raise Unexpected("the sweeper did more, or less, than look")


_WORKERS: Mapping[str, Callable[[Version], None]] = {"outbox": _check_outbox, "sweeper": _check_sweeper}

TRIED_OUT = frozenset({*JOURNEYS, *_WORKERS})
"""The functions that can be tried out."""


def try_out(function: str, version: Version) -> None:
    """Try a version of the function out; raise ``Unexpected`` at the first thing that is wrong."""
    if function in _WORKERS:
        _WORKERS[function](version)
    elif function in JOURNEYS:
        JOURNEYS[function](version.ask)
    else:
        raise Unexpected(f"nobody knows how to try {function} out")
