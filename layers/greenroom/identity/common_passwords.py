"""Common and breached passwords, known without asking anybody.

The asset beside this module holds a fingerprint of each, sorted: about 32,600 of four bytes. Of the
passwords that are in no list, one in 130,000 shares a fingerprint and is refused too. The asset is read
at the first look-up, not at import; a look-up takes at most sixteen comparisons.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

ASSET = Path(__file__).with_name("common_passwords.bin")
BYTES = 4


def is_common(folded: str) -> bool:
    """Tell whether a password, composed and case-folded, is one that guessing starts with."""
    return contains(fingerprints(), folded)


@cache
def fingerprints() -> bytes:
    """Return the asset."""
    return ASSET.read_bytes()


def contains(packed: bytes, folded: str) -> bool:
    """Look a folded password up among packed fingerprints."""
    wanted = _fingerprint(folded)
    size = len(packed) // BYTES
    at = bisect_left(range(size), wanted, key=lambda index: packed[index * BYTES : (index + 1) * BYTES])
    return packed[at * BYTES : (at + 1) * BYTES] == wanted


def pack(folded: Iterable[str]) -> bytes:
    """Return the fingerprints of folded passwords, sorted, each once."""
    return b"".join(sorted(set(map(_fingerprint, folded))))


def _fingerprint(folded: str) -> bytes:
    return sha256(folded.encode()).digest()[:BYTES]
