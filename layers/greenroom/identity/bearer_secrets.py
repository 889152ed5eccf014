"""Bearer secrets: refresh tokens and the tokens in mails."""

import re
import secrets

from pydantic import Secret

_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> Secret[str]:
    """Return 256 random bits as 43 characters that are safe in a URL."""
    return Secret(secrets.token_urlsafe(_BYTES))


def has_form(secret: Secret[str]) -> bool:
    """Tell whether ``secret`` could be one of ours, before any table is asked."""
    return _FORM.fullmatch(secret.get_secret_value()) is not None
