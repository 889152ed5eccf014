"""What a route returns: a status, a body, and the headers that belong to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound="BaseModel | None")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """The base of all answers; a subclass fixes the status."""

    status: ClassVar[int]

    body: T
    etag: str | None = None
    """The entity tag without its quotes; for a booking its version."""
    always_whole: bool = False
    """Never 304: the answer may have changed by the clock alone, under the same tag."""
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Ok(Answer[T]):
    """200."""

    status = 200


class Created(Answer[T]):
    """201, with ``location`` and ``etag``."""

    status = 201


class Accepted(Answer[T]):
    """202: what was asked for happens out of sight."""

    status = 202


@dataclass(frozen=True, slots=True, kw_only=True)
class NoContent(Answer[None]):
    """204."""

    status = 204

    body: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content(Answer[None]):
    """200 with content that is not JSON: a calendar file, a page, a script."""

    status = 200

    body: None = None
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unready(Answer[T]):
    """200, or 503 where ``ready`` is false: the answer of a health endpoint."""

    status = 200

    ready: bool = True
