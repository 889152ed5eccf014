"""Whose passkeys these are: the domain that they are made for, and the pages that may ask for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

NAME = "Greenroom"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A passkey made for one party works for no other; browsers see to that, and so do we."""

    id: str
    """A domain name, lower case: that of the origins, or one above it."""
    origins: tuple[str, ...]
    """The exact origins of pages, scheme and port included."""

    @classmethod
    def of(cls, party_id: str | None, origins: Iterable[str], public_url: str) -> Self:
        """Return the party as it was set, and what was not set from where people reach the API."""
        address = urlsplit(public_url)
        return cls(
            party_id or address.netloc.lower().rpartition("@")[2].partition(":")[0],
            tuple(origins) or (f"{address.scheme}://{address.netloc}".lower(),),
        )

    def covers(self, origin: str) -> bool:
        """Tell whether a browser would let a page of ``origin`` use this party's passkeys."""
        scheme, host = urlsplit(origin).scheme, urlsplit(origin).hostname or ""
        within = host == self.id or host.endswith(f".{self.id}")
        return within and (scheme == "https" or host == "localhost")
