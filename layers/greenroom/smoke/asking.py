"""A question, its answer, and what is expected of it, whoever carries it: Lambda's Invoke or HTTP."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

NOWHERE = "00000000000000000000000000"


class Unexpected(Exception):
    """An answer is not what it must be. The message says which; it holds nothing of the answer's body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, by the template of its resource."""

    method: str = "GET"
    resource: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Of the path."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The resource with its parameters filled in."""
        return self.resource.format_map(self.parameters)

    def __str__(self) -> str:
        return f"{self.method} {self.resource}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Call = Callable[[Ask], Answer]
"""Carries a question and brings its answer; raises ``Unexpected`` where there is none."""


def expect(call: Call, ask: Ask, status: int) -> Answer:
    """Ask and return the answer; raise ``Unexpected`` if it has another status."""
    answer = call(ask)
    if answer.status != status:
        raise Unexpected(f"{ask}: {answer.status} in place of {status}")
    return answer


def expect_document(call: Call, ask: Ask, status: int = 200, *, member: str) -> dict[str, Any]:
    """Ask for a JSON object and return it; raise ``Unexpected`` if it lacks the member."""
    answer = expect(call, ask, status)
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or member not in document:
        raise Unexpected(f"{ask}: no document with {member!r}")
    return document


def expect_refusal(call: Call, ask: Ask, status: int, code: str) -> None:
    """Ask for what must be refused; raise ``Unexpected`` unless it is, as a problem document (RFC 9457)."""
    seen: list[Answer] = []

    def kept(asked: Ask) -> Answer:
        seen.append(call(asked))
        return seen[-1]

    document = expect_document(kept, ask, status, member="code")
    kind = seen[-1].headers.get("content-type", "").partition(";")[0]
    if kind != "application/problem+json" or document["code"] != code:
        raise Unexpected(f"{ask}: not the problem document of {code!r}")
