"""What may be uploaded, for what, and how large: the one table that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a file is for."""

    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    """A press kit, a technical rider."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a purpose takes: the ending of a published file by its content type, and the most bytes."""

    endings: Mapping[str, str]
    most_bytes: int


MEGABYTE = 1_000_000

# What a browser would run as a page or a script of the site's own, HTML and SVG first of all, is in no row.
KINDS: Mapping[Purpose, Kind] = {
    Purpose.PHOTO: Kind({"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}, 10 * MEGABYTE),
    Purpose.VIDEO: Kind({"video/mp4": "mp4"}, 100 * MEGABYTE),
    Purpose.DOCUMENT: Kind({"application/pdf": "pdf"}, 10 * MEGABYTE),
}
