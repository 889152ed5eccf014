"""Recovery codes: what still opens an account when the authenticator is lost. Each works once.

They hold 120 random bits, so their plain digest gives nothing away: there is nothing to try through.
"""

import base64
import re
import secrets

from pydantic import Secret

from greenroom.storage import keys

COUNT = 10
_BYTES = 15
_GROUP = 4
_FORM = re.compile(r"[A-Z2-7]{24}")


def new_recovery_codes() -> list[Secret[str]]:
    """Return the codes of an account, as its owner writes them down: ``ABCD-EFGH-…``, six groups."""
    return [Secret(_grouped(base64.b32encode(secrets.token_bytes(_BYTES)).decode())) for _ in range(COUNT)]


def recovery_digest(code: Secret[str]) -> str | None:
    """Return what is stored of a code, None for what cannot be one. Case, hyphens and spaces are free."""
    plain = code.get_secret_value().replace("-", "").replace(" ", "").upper()
    return keys.digest(plain) if _FORM.fullmatch(plain) else None


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
