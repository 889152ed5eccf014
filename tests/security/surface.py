"""The attack surface, read from the committed OpenAPI document: what there is to ask, and who may ask it.

The parts of pages belong to it too, which the document lists as assets.
"""

import re
from dataclasses import dataclass
from typing import Any

from tests.support.documented import document

METHODS = ("get", "put", "post", "delete", "patch", "head")


@dataclass(frozen=True)
class Operation:
    """One route, as the document describes it."""

    method: str
    template: str
    access: frozenset[str]
    limit: str
    function: str
    statuses: frozenset[int]
    headers: frozenset[str]
    body: Any
    """The schema of its body, None where it takes none, empty where it takes raw bytes."""
    query: tuple[Any, ...]
    """Its query parameters, in the document's words."""
    produces: frozenset[str]
    """The media types of its success."""
    asset: bool
    """Whether it is a part of a page, of which the document has no more than who serves it."""

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def public(self) -> bool:
        return self.access == {"public"}

    @property
    def is_page(self) -> bool:
        """Whether browsers show it, or load it for what they show."""
        return self.public and (self.asset or "text/html" in self.produces)

    @property
    def parameters(self) -> list[str]:
        """The names in the path's braces."""
        return re.findall(r"{(\w+)}", self.template)

    @property
    def targeted(self) -> bool:
        """Whether it is about something that may be another's."""
        return not self.public and bool(self.parameters)

    @property
    def takes_json(self) -> bool:
        return bool(self.body)

    @property
    def raw(self) -> bool:
        return self.body is not None and not self.body


def _operation(template: str, method: str, described: dict[str, Any]) -> Operation:
    own = described["x-greenroom"]
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    parameters = described.get("parameters", [])
    return Operation(
        method=method.upper(),
        template=template,
        access=frozenset(own["access"]),
        limit=own["limit"],
        function=own["function"],
        statuses=frozenset(map(int, described.get("responses", {"200": {}}))),
        headers=frozenset(each["name"] for each in parameters if each["in"] == "header"),
        body=content["schema"] if content else None,
        query=tuple(each for each in parameters if each["in"] == "query"),
        produces=frozenset(
            media
            for status, answer in described.get("responses", {}).items()
            if status.startswith("2")
            for media in answer.get("content", {})
        ),
        asset="responses" not in described,
    )


OPERATIONS = tuple(
    _operation(template, method, item[method])
    for template, item in (document()["paths"] | document()["x-greenroom-assets"]).items()
    for method in METHODS
    if method in item
)
CLOSED = tuple(operation for operation in OPERATIONS if not operation.public)
WITH_JSON = tuple(operation for operation in OPERATIONS if operation.takes_json)


def one_of_each_function(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Return the first operation of each function."""
    return tuple({operation.function: operation for operation in reversed(operations)}.values())
