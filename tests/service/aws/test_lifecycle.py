"""A sandbox is frozen, snapshotted, restored and stopped; its calls go on, or end in time."""

import os
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.service.aws.servers import Server, serving
from tests.support.silence import silent_server

ROOT = Path(__file__).resolve().parents[3]
KEYS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "local")

START = """
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from greenroom.storage import clients

def call(client=clients.client("dynamodb")):
    return client.get_item(TableName="t")["TableName"] == "t"  # the server returns the request

def threads():
    return sum("Aws" in path.read_text() for path in Path("/proc/self/task").glob("*/comm"))

def say(*words):
    print(*words, flush=True)
"""


@contextmanager
def _sandbox(url: str, program: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program in a process that calls DynamoDB at ``url``."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers"),
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "eu-central-1",
        **KEYS,
    }
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", START + textwrap.dedent(program)],
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        with process:
            yield process
    finally:
        process.kill()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _reset(server: Server) -> None:
    """End all connections as a network does that has forgotten them: without a farewell."""
    for connection in server.open:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)  # the thread that waits for a request closes it
    deadline = time.monotonic() + 10
    while any(connection.fileno() >= 0 for connection in server.open) and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("end", ["closed", "reset"])
def test_connections_that_died_during_a_freeze_fail_no_request(end: str) -> None:
    program = """
        together = threading.Barrier(4)
        with ThreadPoolExecutor(4) as pool:
            def first(_):
                together.wait(10)
                return call()
            list(pool.map(first, range(4)))
        say("warm")
        sys.stdin.readline()
        say(sum(call() for _ in range(8)))
    """
    with serving() as server, _sandbox(server.url, program) as sandbox:
        assert _said(sandbox) == "warm"
        warm = server.connected
        sandbox.send_signal(signal.SIGSTOP)
        if end == "reset":
            _reset(server)
        else:
            for connection in server.open:
                connection.shutdown(socket.SHUT_RDWR)
        _go_on(sandbox)
        sandbox.send_signal(signal.SIGCONT)

        assert _said(sandbox) == "8"
        assert server.connected == warm + 1


def test_a_snapshot_holds_no_thread_and_no_connection_and_a_restored_sandbox_makes_them() -> None:
    program = """
        from awslambdaric.lambda_runtime_hooks_runner import run_before_snapshot
        call()
        say("used", threads() > 0)
        run_before_snapshot()
        deadline = time.monotonic() + 10
        while threads() and time.monotonic() < deadline:
            time.sleep(0.01)
        say("closed", threads())
        sys.stdin.readline()
        say("restored", call())
    """
    with serving() as server, _sandbox(server.url, program) as sandbox:
        assert _said(sandbox) == "used True"
        assert _said(sandbox) == "closed 0"
        deadline = time.monotonic() + 10
        while any(_is_open(connection) for connection in server.open) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not any(_is_open(connection) for connection in server.open)
        _go_on(sandbox)

        assert _said(sandbox) == "restored True"


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.fileno() >= 0 and connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_init_opens_nothing_before_the_first_call() -> None:
    """Every sandbox that is restored from a snapshot would have it."""
    program = """
        made = clients.client("dynamodb"), clients.gate_client(), clients.client("kms")
        say(threads(), "boto3" in sys.modules)
    """
    with serving() as server, _sandbox(server.url, program) as sandbox:
        assert _said(sandbox) == "0 False"
        assert server.connected == 0


def test_sigterm_is_heard_during_a_call_and_ends_the_process() -> None:
    program = """
        import signal
        def stop(*_):
            say("stopped")
            sys.exit(3)
        signal.signal(signal.SIGTERM, stop)
        say("calling")
        call()
    """
    with silent_server() as silent, _sandbox(silent.url, program) as sandbox:
        assert _said(sandbox) == "calling"
        time.sleep(0.3)
        started = time.monotonic()
        sandbox.send_signal(signal.SIGTERM)

        assert _said(sandbox) == "stopped"
        assert sandbox.wait(5) == 3
        assert time.monotonic() - started < 2  # Lambda gives half a second for the handler alone
