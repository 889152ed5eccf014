"""Passwords: which are acceptable, and how they are hashed.

argon2id with its parameters fixed here, so that a change of the library's defaults changes nothing. A
password is brought to Unicode's composed form first: what looks the same on two keyboards is the same.
"""

import base64
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from pydantic import Secret

from .common_passwords import is_common
from .emails import Email
from .refusals import WeakPassword

SHORTEST, LONGEST = 8, 128

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
_SALT_BYTES, _HASH_BYTES = 16, 32

OF_THIS_SERVICE = frozenset(
    "greenroom celebrity celebrities booking bookings buyer agent admin administrator".split()
)
"""What this service's users would think of first."""

_SHORTEST_WORD = 3


def check_acceptable(
    password: Secret[str], email: Email, display_name: str, *, field: str = "password"
) -> None:
    """Raise ``WeakPassword``, naming ``field``, for what must not protect the account of that person."""
    text = _composed(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise WeakPassword(f"must have {SHORTEST} to {LONGEST} characters", field=field)
    folded = text.casefold()
    if len(set(folded)) == 1 or is_common(folded):
        raise WeakPassword("is one of the passwords that everybody tries first", field=field)
    if folded in {email.folded, email.display.casefold(), email.local_part}:
        raise WeakPassword("must not be the e-mail address", field=field)
    if _says_little_else(folded, OF_THIS_SERVICE | _of_the_person(email, display_name)):
        raise WeakPassword("must not be made of your name, your address or words of the service", field=field)


def _of_the_person(email: Email, display_name: str) -> set[str]:
    """Return what an account is known by: its address, its name, and the parts of both."""
    known = (display_name.casefold(), email.local_part, email.folded.rpartition("@")[2])
    parts = (part for text in known for part in ("".join(_words(text)), *_words(text)))
    return {part for part in parts if len(part) >= _SHORTEST_WORD}


def _says_little_else(folded: str, words: Iterable[str]) -> bool:
    """Tell whether the letters are these words one after another, and hardly anything stands around them."""
    letters = "".join(_words(folded))
    if not letters or len(folded) - len(letters) >= SHORTEST:
        return False
    reached = {0}
    for start in range(len(letters)):
        if start in reached:
            reached |= {start + len(word) for word in words if letters.startswith(word, start)}
    return len(letters) in reached


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in text).split()


def _composed(password: Secret[str]) -> str:
    return unicodedata.normalize("NFC", password.get_secret_value())


def _argon2id() -> PasswordHasher:
    return PasswordHasher(
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
    )


def _unmatchable() -> Secret[str]:
    """Return a well-formed hash under today's parameters that belongs to no known password."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (_SALT_BYTES, _HASH_BYTES))
    return Secret(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}")


@dataclass(frozen=True, slots=True)
class Passwords:
    """Hashes and verifies. A call costs 19 MiB and some tens of milliseconds."""

    _hasher: PasswordHasher = field(default_factory=_argon2id)
    _nobodys: Secret[str] = field(default_factory=_unmatchable)

    def hash(self, password: Secret[str]) -> Secret[str]:
        """Return the password's hash with its salt and parameters, all in one string."""
        return Secret(self._hasher.hash(_composed(password)))

    def verify(self, stored: Secret[str] | None, password: Secret[str]) -> bool:
        """Tell whether ``password`` is the one; for no account (None) do the same work and say no."""
        try:
            known = self._nobodys if stored is None else stored
            self._hasher.verify(known.get_secret_value(), _composed(password))
        except VerifyMismatchError:
            return False
        return stored is not None

    def needs_rehash(self, stored: Secret[str]) -> bool:
        """Tell whether a hash was made under other parameters than today's."""
        return self._hasher.check_needs_rehash(stored.get_secret_value())
