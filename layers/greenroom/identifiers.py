"""Identifiers: a prefix and 26 Crockford base-32 characters, sortable by the millisecond of creation.

An offering's id starts with its celebrity's, and a payment's with its booking's, so that either owner
is found without an index or a look-up (see docs/decisions/0003-identifiers.md).
"""

import re
import secrets
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_LENGTH = 26
_OWNED = re.compile(rf"[a-z]{{3}}_([{ALPHABET}]{{{_LENGTH}}})[{ALPHABET}]{{1,13}}")
_PLAIN = re.compile(rf"[a-z]{{3}}_[{ALPHABET}]{{{_LENGTH}}}")


def _encode(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_id(prefix: str, now: datetime) -> str:
    """Return e.g. ``bkg_01JD…``: 48 bits of milliseconds, then 80 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    return f"{prefix}_{_encode((milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS), _LENGTH)}"


def is_id(value: str, prefix: str) -> bool:
    """Tell whether ``value`` has the exact form of a plain id of that kind."""
    return value.startswith(f"{prefix}_") and _PLAIN.fullmatch(value) is not None


def owned_id(prefix: str, owner_id: str, suffix: str) -> str:
    """Return an id that names its owner: ``owned_id("off", "cel_X", "01") == "off_X01"``."""
    return f"{prefix}_{owner_id[4:]}{suffix}"


def new_owned_id(prefix: str, owner_id: str, now: datetime) -> str:
    """Return a new id that names its owner, e.g. ``off_01JD…``: then milliseconds and 15 random bits.

    It is never that of something before, so what has gone is not taken for what came after it.
    """
    milliseconds = int(now.timestamp() * 1000)
    return owned_id(prefix, owner_id, _encode(milliseconds, 10) + _encode(secrets.randbits(15), 3))


def owner_of(value: str, prefix: str, owner_prefix: str) -> str | None:
    """Return the owner's id that an owned id carries, or None when ``value`` has not that form."""
    match = _OWNED.fullmatch(value)
    return f"{owner_prefix}_{match[1]}" if match and value.startswith(f"{prefix}_") else None
