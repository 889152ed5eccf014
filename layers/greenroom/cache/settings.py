"""The setting that chooses a shared cache."""

import importlib.util
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Secret

from greenroom.settings import Seconds, Settings


def _checked(url: Secret[str]) -> Secret[str]:
    """Refuse what is not the address of a server; no message shows any part of it."""
    try:
        parts = urlsplit(url.get_secret_value())
        host, _ = parts.hostname, parts.port
    except ValueError:
        # Its own text would show what it could not read, and that may be a piece of the password.
        raise ValueError("not an address; a password must be percent-encoded") from None
    if parts.scheme not in {"redis", "rediss"}:
        raise ValueError("must begin with redis:// or rediss://")
    if not host:
        raise ValueError("names no host; a password must be percent-encoded")
    # The driver would read options from there, such as to check no certificate.
    if parts.query or parts.fragment:
        raise ValueError("takes no options")
    if not (parts.path in {"", "/"} or parts.path[1:].isdecimal()):
        raise ValueError("has a path that is no database's number")
    if parts.scheme == "rediss" and importlib.util.find_spec("_ssl") is None:
        raise ValueError("asks for TLS, which this Python does not have")
    return url


CacheUrl = Annotated[Secret[str], AfterValidator(_checked)]
"""``redis://`` or, with TLS, ``rediss://``, then ``[[user]:password@]host[:port][/database]``."""


class CacheSettings(Settings):
    """For every function that reads through the cache."""

    cache_url: CacheUrl | None = None
    """A Redis or Valkey server that all share; without one each process has its own cache alone."""
    cache_stale_seconds: Seconds = 60
    """How long the cache may fail to take up a change before its health check fails."""
