"""Loopback ports: a free one for what only we talk to, a fixed one for what people talk to."""

import errno
import socket

from local.failures import CannotRun

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a loopback port that was free a moment ago. Another process may still take it first."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def reserve(port: int) -> socket.socket:
    """Bind a loopback port without listening on it yet: until then clients are refused, not kept waiting.

    Port 0 takes any free one. Raises ``CannotRun`` when the port is taken or not allowed.
    """
    # Named as TCP, or asyncio would leave Nagle's algorithm on for what it accepts: 40 ms an answer.
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        reserved.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise CannotRun(f"Port {port} is in use. Choose another one: make run PORT=…") from None
        raise CannotRun(f"Port {port} cannot be used: {error}.") from None
    return reserved


def port_of(reserved: socket.socket) -> int:
    """Return the port that a reserved socket is bound to."""
    port: int = reserved.getsockname()[1]
    return port
