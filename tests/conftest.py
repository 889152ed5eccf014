"""What holds for every test: no network.

Unit tests open no socket at all, the others on loopback alone.
"""

from pathlib import Path

import pytest
import pytest_socket

from tests.support.emulator import emulator
from tests.support.system import system

__all__ = ["emulator", "system"]

_UNIT = Path(__file__).parent / "unit"
_LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_RESOLVED: dict[str, set[str]] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close what the test must not use. Event loops need a socket pair, which is a local one."""
    if item.path.is_relative_to(_UNIT):
        pytest_socket.disable_socket(allow_unix_socket=True)
    else:
        pytest_socket.socket_allow_hosts(_LOOPBACK, allow_unix_socket=True, resolution_cache=_RESOLVED)
