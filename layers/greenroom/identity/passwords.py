"""Passwords: which are acceptable, and how they are hashed.

argon2id with its parameters fixed here, so that a change of the library's defaults changes nothing. A
password is brought to Unicode's composed form first: what looks the same on two keyboards is the same.
"""

import base64
import string
import unicodedata
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from .common_passwords import is_common
from .emails import Email
from .refusals import WeakPassword

SHORTEST, LONGEST = 8, 128

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
_SALT_BYTES, _HASH_BYTES = 16, 32

# What this service's users would think of first, whatever stands around it.
_OF_THIS_SERVICE = frozenset({"greenroom", "celebrity", "booking"})
_TRIMMINGS = string.digits + string.punctuation + string.whitespace


def check_acceptable(password: str, email: Email, *, field: str = "password") -> None:
    """Raise ``WeakPassword``, naming ``field``, for what must not protect the account of ``email``."""
    text = _composed(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise WeakPassword(f"must have {SHORTEST} to {LONGEST} characters", field=field)
    folded = text.casefold()
    if len(set(folded)) == 1 or is_common(folded):
        raise WeakPassword("is one of the passwords that everybody tries first", field=field)
    if folded.strip(_TRIMMINGS) in _OF_THIS_SERVICE:
        raise WeakPassword("must not be the name of the service", field=field)
    if folded in {email.folded, email.display.casefold(), email.local_part}:
        raise WeakPassword("must not be the e-mail address", field=field)


def _composed(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _argon2id() -> PasswordHasher:
    return PasswordHasher(
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
    )


def _unmatchable() -> str:
    """Return a well-formed hash under today's parameters that belongs to no known password."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (_SALT_BYTES, _HASH_BYTES))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"


@dataclass(frozen=True, slots=True)
class Passwords:
    """Hashes and verifies. A call costs 19 MiB and some tens of milliseconds."""

    _hasher: PasswordHasher = field(default_factory=_argon2id)
    _nobodys: str = field(default_factory=_unmatchable)

    def hash(self, password: str) -> str:
        """Return the password's hash with its salt and parameters, all in one string."""
        return self._hasher.hash(_composed(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one; for no account (None) do the same work and say no."""
        try:
            self._hasher.verify(self._nobodys if stored is None else stored, _composed(password))
        except VerifyMismatchError:
            return False
        return stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether a hash was made under other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)
