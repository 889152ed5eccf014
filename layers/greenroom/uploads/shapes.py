"""The shapes of uploads on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from greenroom.shapes import Body, View

from .purposes import Purpose

ContentType = Annotated[
    str,
    StringConstraints(max_length=100, pattern=r"^[a-z]+/[a-z0-9.+-]+$"),
    Field(description="Its media type, without parameters.", examples=["image/jpeg"]),
]


class UploadBody(Body):
    """What a file will be."""

    purpose: Annotated[Purpose, Field(strict=False)]
    content_type: ContentType
    size: Annotated[int, Field(ge=1, le=10**12, description="In bytes, exactly.")]


class UploadView(View):
    """Where and how to send the file: a form of `multipart/form-data` with these fields, then `file`."""

    id: str
    url: str
    fields: dict[str, str]
    expires_at: Annotated[str, Field(description="RFC 3339 in UTC.", examples=["2027-03-05T18:00:00Z"])]


class PublishedView(View):
    """A published file. A photo may be smaller than it was sent: its metadata were taken out."""

    id: str
    url: str
    content_type: str
    size: int
