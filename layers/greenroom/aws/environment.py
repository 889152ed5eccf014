"""As whom, where and whom trusting calls are made: what the environment says, by the names that AWS gives it.

In Lambda all of it is in variables, and botocore is not loaded to find it. What is not, such as a profile on
a developer's machine or the credentials of a restored snapshot, which change, botocore's own search finds.
"""

import os
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .failures import CredentialsAway, NoCredentials
from .signing import Credentials

if TYPE_CHECKING:
    from boto3.session import Session

_TRUE = "true"

_SUFFIXES = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}
"""By how a region's name begins: China, and the European Sovereign Cloud."""


def _roots() -> Path:
    """Where the dependencies' layer has the five authorities that vouch for AWS; 117 are known."""
    found = find_spec("botocore")
    places = (found.submodule_search_locations if found else None) or [""]
    return Path(places[0], "amazon-roots.pem")


def trusted_file() -> str:
    """Return the file of the authorities to trust: a named one, the layer's, or all that are known."""
    import certifi

    named = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    if named:
        return named
    roots = _roots()
    return str(roots) if roots.is_file() else certifi.where()


@cache
def _context(trusted: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=trusted)


def trust() -> ssl.SSLContext:
    """Return what endpoints are verified with; reading the authorities takes long, so once a process."""
    return _context(trusted_file())


class Environment:
    """What the variables say, and ``session`` where they say nothing, asked by one thread at once."""

    def __init__(self, session: "Callable[[], Session]", lock: AbstractContextManager[object]) -> None:
        self._session = session
        self._lock = lock

    def in_variables(self) -> Credentials | None:
        """Return the credentials that are in variables, None where there are none."""
        variables = os.environ
        if (key := variables.get("AWS_ACCESS_KEY_ID")) and (secret := variables.get("AWS_SECRET_ACCESS_KEY")):
            return Credentials(key, secret, variables.get("AWS_SESSION_TOKEN", ""))
        return None

    def credentials(self) -> Credentials:
        """Return the credentials of now. Raises ``NoCredentials`` or ``CredentialsAway``."""
        if told := self.in_variables():
            return told
        from botocore.exceptions import CredentialRetrievalError

        try:
            with self._lock:
                found = self._session().get_credentials()
            if found is None:
                raise NoCredentials("no credentials")
            # Renewed before they expire, by one thread for all; it has its own lock for that.
            frozen = found.get_frozen_credentials()
        except CredentialRetrievalError as error:
            raise CredentialsAway("no credentials for now") from error
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token or "")

    def region(self) -> str:
        """Return the region. Raises ``NoCredentials``."""
        variables = os.environ
        # The order in which boto3 takes them; in Lambda both are there, and the same.
        if found := variables.get("AWS_DEFAULT_REGION") or variables.get("AWS_REGION"):
            return found
        with self._lock:
            found = self._session().region_name
        if not found:
            raise NoCredentials("no region")
        return found


def endpoint(service: str, region: str) -> str:
    """Return the address of a service in a region: a configured one, or AWS's own."""
    variables = os.environ
    if variables.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != _TRUE:
        configured = service.upper().replace("SECRETSMANAGER", "SECRETS_MANAGER")
        for name in (f"AWS_ENDPOINT_URL_{configured}", "AWS_ENDPOINT_URL"):
            if found := variables.get(name):
                return found
    fips = "-fips" if variables.get("AWS_USE_FIPS_ENDPOINT", "").lower() == _TRUE else ""
    suffix = _SUFFIXES.get(region.partition("-")[0], "amazonaws.com")
    return f"https://{service}{fips}.{region}.{suffix}"
