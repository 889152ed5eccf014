"""Signature Version 4 for calls of the JSON protocols: a POST of a body to the root of an endpoint.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import time
from dataclasses import dataclass, field
from hashlib import sha256

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """As whom a call is made; ``token`` is that of a session, empty for a long-lived key."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class Signer:
    """Signs the calls to one service in one region."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._derived: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def sign(
        self, host: str, headers: dict[str, str], body: bytes, credentials: Credentials, now: float
    ) -> dict[str, str]:
        """Return the headers with those of the signature; ``now`` in epoch seconds.

        ``headers`` have lower-case names, and values without white space at their ends.
        """
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        signed = {**headers, "host": host, "x-amz-date": moment}
        if credentials.token:
            signed["x-amz-security-token"] = credentials.token
        names = sorted(signed)
        listed = ";".join(names)
        told = "".join([f"{name}:{signed[name]}\n" for name in names])
        request = f"POST\n/\n\n{told}\n{listed}\n{sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._key(moment[:8], credentials.secret_key), text.encode(), "sha256").hex()
        signed["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )
        return signed

    def _key(self, day: str, secret_key: str) -> bytes:
        """Return the day's key, which is derived once a day and secret."""
        made_for, key = self._derived
        if made_for != (day, secret_key):
            key = f"AWS4{secret_key}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._derived = ((day, secret_key), key)
        return key
