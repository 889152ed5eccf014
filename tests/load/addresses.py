"""Where visitors come from: each from an address of their own, as limits count by address.

A whole network is loopback on Linux. Elsewhere, and towards another machine, all come from one address.
"""

import itertools
import secrets
import socket
from collections.abc import Iterator


def many_addresses() -> bool:
    """Tell whether this machine can call itself from any address of 127.0.0.0/8."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.77.77.77", 0))
        except OSError:
            return False
    return True


def loopback_addresses() -> Iterator[str]:
    """Yield addresses of 127.0.0.0/8, from a place where hardly any other run begins."""
    for number in itertools.count(secrets.randbelow(2**23)):
        yield f"127.{1 + (number >> 16) % 254}.{number >> 8 & 255}.{number & 255}"
