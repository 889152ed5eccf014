"""Photos taken apart: what shows the picture stays; where and by whom it was taken goes.

Nothing is decoded. A file is walked from its first byte to its formal end, which is also the check that it is
what it says; what follows that end is dropped. Raises ``Malformed`` for anything else.
"""

import struct
import zlib
from collections.abc import Iterator


class Malformed(Exception):
    """The bytes are no file of that kind."""


_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_SOS, _EOI, _EXIF = 0xDA, 0xD9, b"Exif\0\0"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# JFIF, and by what name: the colours' profile, and how they are stored.
_KEPT_SEGMENTS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_ORIENTATION = 0x0112

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})

_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_WEBP_PICTURES = frozenset({b"VP8 ", b"VP8L", b"VP8X"})
_WEBP_METADATA_FLAGS = 0x08 | 0x04


def clean_jpeg(data: bytes) -> bytes:
    """Return the photo without its metadata but for which way is up."""
    if not data.startswith(_JPEG_START):
        raise Malformed
    kept, orientation, seen = [], 1, set()
    for marker, segment, scan in _segments(data):
        seen.add(marker)
        payload = segment[4:]
        if marker == 0xE1 and payload.startswith(_EXIF):
            orientation = _orientation(payload[len(_EXIF) :]) or orientation
        if marker == 0xFE or (
            0xE0 <= marker <= 0xEF and not payload.startswith(_KEPT_SEGMENTS.get(marker, b"\0no"))
        ):
            continue
        kept += [segment, scan]
    if not (seen & _FRAMES and _SOS in seen):
        raise Malformed
    upright = [] if orientation == 1 else [_exif(orientation)]
    return b"".join([_JPEG_START, *upright, *kept, _JPEG_END])


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the marker and the bytes of each segment, and what a scan's is followed by, up to the end."""
    place = 2
    while True:
        if data[place : place + 1] != b"\xff":
            raise Malformed
        while data[place + 1 : place + 2] == b"\xff":  # fill bytes
            place += 1
        head = data[place : place + 4]
        if len(head) >= 2 and head[1] == _EOI:
            return
        if len(head) < 4 or head[1] in {0, 1, *range(0xD0, 0xD9)}:
            raise Malformed
        end = place + 2 + int.from_bytes(head[2:])
        if int.from_bytes(head[2:]) < 2 or end > len(data):
            raise Malformed
        after = _scan_end(data, end) if head[1] == _SOS else end
        yield head[1], data[place:end], data[end:after]
        place = after


def _scan_end(data: bytes, place: int) -> int:
    """Return where the next marker is that is none of a scan's own."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise Malformed
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2


def _orientation(tiff: bytes) -> int | None:
    """Return which way is up, 1 to 8, of an Exif block's first directory; None where it does not say."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if (tag, kind) == (_ORIENTATION, 3) and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return None
    return None


def _exif(orientation: int) -> bytes:
    """Return a segment that says which way is up, and nothing else."""
    directory = struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    payload = _EXIF + b"MM\0*" + struct.pack(">I", 8) + directory
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def clean_png(data: bytes) -> bytes:
    """Return the picture without texts, times and Exif."""
    if not data.startswith(_PNG_START):
        raise Malformed
    kept, place = [_PNG_START], len(_PNG_START)
    kinds: list[bytes] = []
    while not kinds or kinds[-1] != b"IEND":
        length, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        chunk = data[place : place + 12 + length]
        if len(chunk) != 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise Malformed
        kinds.append(kind)
        if kind not in _PNG_DROPPED:
            kept.append(chunk)
        place += len(chunk)
    if kinds[0] != b"IHDR" or b"IDAT" not in kinds:
        raise Malformed
    return b"".join(kept)


def clean_webp(data: bytes) -> bytes:
    """Return the picture without Exif and XMP."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise Malformed
    end, place = 8 + int.from_bytes(data[4:8], "little"), 12
    if end > len(data):
        raise Malformed
    kept: list[bytes] = []
    while place < end:
        kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        chunk = data[place : place + 8 + length + length % 2]
        if place + len(chunk) > end or len(chunk) != 8 + length + length % 2:
            raise Malformed
        if not kept and kind not in _WEBP_PICTURES:
            raise Malformed
        if kind == b"VP8X" and length:
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_METADATA_FLAGS]) + chunk[9:]
        if kind not in _WEBP_DROPPED:
            kept.append(chunk)
        place += len(chunk)
    if not kept:
        raise Malformed
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
