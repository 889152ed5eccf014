"""The committed OpenAPI document, read for what the gateway needs: who answers what, under which headers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parent.parent / "functions" / "health" / "site" / "openapi.json"
"""Where the document is committed."""

_METHODS = ("get", "put", "post", "delete", "patch", "head")


class InvalidDocument(Exception):
    """The document lacks what the gateway needs; the message names the place."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one resource, the function that answers it, and the limit that it counts against."""

    path: str
    method: str
    function: str
    limit: str
    access: frozenset[str] = field(default_factory=frozenset)
    """The roles that may call it, or ``public``."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Name and place (``path``, ``query``, ``header``) of all that its answer may depend on."""

    @property
    def public_read(self) -> bool:
        """Tell whether anybody gets the same answer."""
        return self.method == "GET" and self.access == {"public"}


@dataclass(frozen=True, slots=True)
class Document:
    """What the stacks read from the OpenAPI document."""

    operations: tuple[Operation, ...]
    headers: Mapping[str, str]
    """The headers that every answer carries, the gateway's own errors included."""

    def resources(self) -> Mapping[str, tuple[Operation, ...]]:
        """Return the operations by path, in the document's order."""
        paths: dict[str, list[Operation]] = {}
        for operation in self.operations:
            paths.setdefault(operation.path, []).append(operation)
        return {path: tuple(found) for path, found in paths.items()}


def _operations(path: str, item: Mapping[str, Any]) -> Iterator[Operation]:
    if not path.startswith("/") or "+}" in path:
        raise InvalidDocument(f"{path}: not a path that can be one resource of the gateway")
    for method in _METHODS:
        if method not in item:
            continue
        declared = item[method].get("x-greenroom", {})
        for name in ("function", "limit"):
            if not isinstance(declared.get(name), str):
                raise InvalidDocument(f"{method.upper()} {path}: x-greenroom names no {name}")
        yield Operation(
            path,
            method.upper(),
            function=declared["function"],
            limit=declared["limit"],
            access=frozenset(declared.get("access", ())),
            parameters=tuple((given["name"], given["in"]) for given in item[method].get("parameters", ())),
        )


def read_document(path: Path) -> Document:
    """Read the document; raise ``InvalidDocument`` or ``OSError``."""
    document = json.loads(path.read_text(encoding="utf-8"))
    headers = document.get("x-greenroom-headers")
    if not isinstance(headers, dict) or not headers:
        raise InvalidDocument("x-greenroom-headers: the table of headers is missing")
    found = [
        operation
        for part in ("paths", "x-greenroom-assets")
        for path, item in document.get(part, {}).items()
        for operation in _operations(path, item)
    ]
    if not found:
        raise InvalidDocument("paths: no operation")
    return Document(operations=tuple(found), headers=headers)
