"""Whether bytes are what they were said to be, by their own look and not by any name or header."""

from collections.abc import Callable, Mapping

from .images import Malformed, clean_jpeg, clean_png, clean_webp
from .refusals import NotAsDeclared

_CLEANERS: Mapping[str, Callable[[bytes], bytes]] = {
    "image/jpeg": clean_jpeg,
    "image/png": clean_png,
    "image/webp": clean_webp,
}
HEAD_BYTES = 4096
"""How much of a film is looked at."""
_MP4_BRANDS = frozenset(
    {
        *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
        *(b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"),
    }
)
_PDF_STARTS, _PDF_END = (b"%PDF-1.", b"%PDF-2."), b"%%EOF"


def read_whole(content_type: str) -> bool:
    """Tell whether a file of that type is looked at from its first byte to its last."""
    return content_type != "video/mp4"


def inspected(content_type: str, data: bytes) -> bytes:
    """Return a whole file as it is published, a photo without its metadata; raise ``NotAsDeclared``."""
    if content_type == "application/pdf":
        if not (data.startswith(_PDF_STARTS) and _PDF_END in data[-1024:]):
            raise NotAsDeclared
        return data
    try:
        return _CLEANERS[content_type](data)
    except Malformed:
        raise NotAsDeclared from None


def check_head(head: bytes) -> None:
    """Check the first bytes of a film, which begins with the box that names its brand."""
    length = int.from_bytes(head[:4])
    if head[4:8] != b"ftyp" or not 16 <= length <= HEAD_BYTES or head[8:12] not in _MP4_BRANDS:
        raise NotAsDeclared
