"""Visitors of one system, each from a loopback address of its own: 127.0.0.0/8 has sixteen million."""

from itertools import count

import httpx

from tests.support.documented import check_answer
from tests.support.system import RunningSystem

ORIGIN, SECOND_ORIGIN = "https://booking.test", "https://admin.booking.test:8443"
"""The origins whose pages may read answers."""


def _check(answer: httpx.Response) -> None:
    answer.read()
    check_answer(answer)


class Visitors:
    """Makes clients whose quotas nobody else has used."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self._numbers = count(1)
        self._addresses: dict[httpx.Client, str] = {}

    def new(self) -> httpx.Client:
        """Return a client that comes from an address that nobody has come from."""
        high, low = divmod(next(self._numbers), 250)
        address = f"127.77.{high}.{low + 1}"
        made = httpx.Client(
            base_url=self.system.base_url,
            timeout=60,
            transport=httpx.HTTPTransport(local_address=address, limits=httpx.Limits(max_connections=100)),
            event_hooks={"response": [_check]},
        )
        self._addresses[made] = address
        return made

    def address_of(self, visitor: httpx.Client) -> str:
        """Return where a visitor comes from."""
        return self._addresses[visitor]

    def close(self) -> None:
        """Close all of them."""
        for made in self._addresses:
            made.close()
