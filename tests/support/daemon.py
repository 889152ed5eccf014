"""Stands in for the X-Ray daemon: keeps every packet that comes."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

TRACE = "1-67891233-abcdef012345678912345678"
_QUIET_SECONDS = 0.2


@dataclass
class TraceDaemon:
    """What came so far."""

    port: int
    packets: list[bytes] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What Lambda tells a function whose traces are sampled."""
        return {
            "AWS_LAMBDA_FUNCTION_NAME": "greenroom-test",
            "LAMBDA_TASK_ROOT": "/var/task",
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{self.port}",
            "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1",
        }

    def segments(self) -> list[dict[str, Any]]:
        """Return what came as documents; each packet has a header of its own."""
        found = []
        for packet in self.packets:
            header, _, body = packet.partition(b"\n")
            assert json.loads(header) == {"format": "json", "version": 1}
            found.append(json.loads(body))
        return found


@contextmanager
def trace_daemon() -> Iterator[TraceDaemon]:
    """Listen on loopback; when the block ends, all that was sent before has come."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        # A burst of packets waits in the kernel, and what does not fit is lost.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(_QUIET_SECONDS)
        daemon, ending = TraceDaemon(listening.getsockname()[1]), threading.Event()

        def receive() -> None:
            while True:
                try:
                    daemon.packets.append(listening.recv(65536))
                except TimeoutError:
                    if ending.is_set():
                        return

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        try:
            yield daemon
        finally:
            ending.set()
            thread.join()
