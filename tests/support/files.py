"""Small files of each kind that may be uploaded, some with what must not be published."""

import struct
import zlib

SECRET = b"taken at 48.8584 N 2.2945 E"


def jpeg(*, orientation: int = 1, secret: bytes = b"", after: bytes = b"") -> bytes:
    """Return a JPEG; ``secret`` stands in its Exif, its XMP and a comment, ``after`` behind its end."""
    parts = [b"\xff\xd8", _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")]
    if secret or orientation != 1:
        directory = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
        parts.append(_segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory + secret))
    if secret:
        parts.append(_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + secret))
        parts.append(_segment(0xED, b"Photoshop 3.0\0" + secret))
        parts.append(_segment(0xFE, secret))
    parts += [
        _segment(0xE2, b"ICC_PROFILE\0\1\1colours"),
        _segment(0xDB, bytes(65)),
        _segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0"),
        # A table may hold what looks like the end.
        _segment(0xC4, bytes(17) + b"\xff\xd9"),
        _segment(0xDA, b"\1\1\0\0\x3f\0"),
        b"\x12\xff\x00\x34\xff\xd0\x56",
        b"\xff\xd9",
    ]
    return b"".join(parts) + after


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def png(*, secret: bytes = b"", after: bytes = b"") -> bytes:
    """Return a PNG; ``secret`` stands in its texts and its Exif."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    if secret:
        chunks += [(kind, b"Comment\0" + secret) for kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf")]
    chunks += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body) + after


def webp(*, secret: bytes = b"", after: bytes = b"") -> bytes:
    """Return a WebP; ``secret`` stands in its Exif and its XMP."""
    chunks = [(b"VP8X", bytes([0x0C if secret else 0]) + bytes(9)), (b"VP8 ", b"picture")]
    if secret:
        chunks += [(b"EXIF", secret), (b"XMP ", secret)]
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + after


def mp4(*, brand: bytes = b"isom", length: int = 6000) -> bytes:
    """Return what begins as an MP4 does."""
    return (struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"isomavc1").ljust(length, b"\1")


def pdf() -> bytes:
    """Return a PDF without pages."""
    return b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


FILES = {
    "image/jpeg": jpeg(),
    "image/png": png(),
    "image/webp": webp(),
    "video/mp4": mp4(),
    "application/pdf": pdf(),
}
"""One good file of each content type."""
PURPOSES = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "image/webp": "photo",
    "video/mp4": "video",
    "application/pdf": "document",
}
