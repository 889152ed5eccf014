"""Secrets that whoever holds them may use: refresh tokens and the tokens in mails."""

import re
import secrets

_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Return 256 random bits as 43 characters that are safe in a URL."""
    return secrets.token_urlsafe(_BYTES)


def has_form(text: str) -> bool:
    """Tell whether ``text`` could be one of ours, before any table is asked."""
    return _FORM.fullmatch(text) is not None
