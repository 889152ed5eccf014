"""The gateway's resources, read from the OpenAPI document: which template a path names, and its function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_METHODS = ("get", "put", "post", "delete", "patch", "head")
_ANY = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One path template and the function behind each of its methods, in the document's order."""

    template: str
    functions: Mapping[str, str]
    """By upper-case method."""

    @property
    def segments(self) -> list[str]:
        """Return the template's parts between slashes."""
        return self.template.strip("/").split("/")

    @property
    def allow(self) -> str:
        """Return the value of ``Allow`` in the gateway's own answers."""
        return ", ".join(sorted({*self.functions, "OPTIONS"}))

    def function_for(self, method: str) -> str | None:
        """Return the function's name.

        A preflight, or a method that the resource lacks, goes to the function of its first method, which
        answers it; None is for what no gateway passes on.
        """
        if method not in _ANY:
            return None
        return self.functions.get(method, next(iter(self.functions.values())))

    def parameters_of(self, segments: list[str]) -> dict[str, str] | None:
        """Return the path parameters, still percent-encoded as sent; None when the path is another's."""
        own = self.segments
        if len(own) != len(segments):
            return None
        found = {}
        for expected, actual in zip(own, segments, strict=True):
            if expected.startswith("{"):
                if not actual:
                    return None
                found[expected.strip("{}")] = actual
            elif expected != actual:
                return None
        return found


@dataclass(frozen=True, slots=True)
class Match:
    """A resource and the values that the path gives its parameters."""

    resource: Resource
    parameters: dict[str, str]


class RouteTable:
    """All resources; literal segments win over parameters, from the left."""

    def __init__(self, resources: list[Resource]) -> None:
        self._resources = sorted(
            resources, key=lambda resource: [part.startswith("{") for part in resource.segments]
        )

    @property
    def functions(self) -> list[str]:
        """Return the names of all functions behind the gateway."""
        return sorted({name for resource in self._resources for name in resource.functions.values()})

    def match(self, path: str) -> Match | None:
        """Find the resource of a path as sent, percent-encoding and all.

        As in the deployed gateway, slashes before the first segment count as one, a single trailing slash
        is ignored, and an encoded slash does not divide segments. Other empty segments match nothing.
        """
        if not path.startswith("/"):
            return None
        segments = path.lstrip("/").removesuffix("/").split("/")
        for resource in self._resources:
            parameters = resource.parameters_of(segments)
            if parameters is not None:
                return Match(resource, parameters)
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """What the gateway takes from the OpenAPI document."""

    routes: RouteTable
    headers: Mapping[str, str]
    """The security headers of every answer, those that the gateway itself makes included."""


def read_document(path: Path) -> Document:
    """Read the routes and the headers from the OpenAPI document's own words and its extensions."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    resources = [
        Resource(
            template,
            {
                method.upper(): item[method]["x-greenroom"]["function"]
                for method in _METHODS
                if method in item
            },
        )
        for template, item in (document["paths"] | document.get("x-greenroom-assets", {})).items()
    ]
    return Document(RouteTable(resources), document["x-greenroom-headers"])
