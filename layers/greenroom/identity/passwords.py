"""Passwords: which are acceptable, and how they are hashed.

argon2id with its parameters fixed here, so that a change of the library's defaults changes nothing. A
password is brought to Unicode's composed form first: what looks the same on two keyboards is the same.
"""

import base64
import unicodedata
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from .emails import Email
from .refusals import WeakPassword

SHORTEST, LONGEST = 8, 128

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
_SALT_BYTES, _HASH_BYTES = 16, 32

# The first guesses of every list that are long enough to pass the rule on length.
_COMMON = frozenset(
    """
    00000000 0123456789 11111111 12121212 12341234 123123123 12344321 12345678 123456789 1234567890
    123456abc 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 66666666 87654321 88888888 987654321 abc12345 abcd1234
    access14 adminadmin admin123 administrator alexander asdfasdf asdfghjk asdfghjkl baseball butterfly
    changeme changeme123 chocolate computer corvette danielle football iloveyou iloveyou1 internet
    jennifer letmein1 letmein123 liverpool maverick mercedes michelle midnight password password1
    password12 password123 password1234 password! p@ssw0rd passw0rd princess princess1 q1w2e3r4 qazwsxedc
    qwer1234 qwert123 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop samantha secret123 sunshine
    superman superstar test1234 trustno1 victoria welcome1 welcome123 whatever zaq12wsx zxcvbnm1
    """.split()
)


def check_acceptable(password: str, email: Email) -> None:
    """Raise ``WeakPassword`` for a password that must not protect the account of ``email``."""
    text = _composed(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise WeakPassword(f"must have {SHORTEST} to {LONGEST} characters")
    folded = text.casefold()
    if folded in _COMMON or len(set(folded)) == 1:
        raise WeakPassword("is one of the passwords that everybody tries first")
    if folded in {email.folded, email.display.casefold(), email.local_part}:
        raise WeakPassword("must not be the e-mail address")


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
