"""Connections are kept and shared, and what breaks is told from what was never sent."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from greenroom.aws.connections import Connections, _readable
from greenroom.aws.failures import NoAnswer, NotConnected, TimedOut
from tests.service.aws.servers import connections, post, saying, serving
from tests.support.silence import silent_server


def test_one_connection_serves_call_after_call() -> None:
    with serving() as server:
        made = connections(server.url)

        assert [post(made, bytes([65 + number])) for number in range(5)] == [b"A", b"B", b"C", b"D", b"E"]
        assert server.connected == 1


def test_the_host_is_told_once_and_with_its_port() -> None:
    with serving() as server:
        made = connections(server.url)

        answer = made.post(b"{}", {"host": made.host}, connect_seconds=5, read_seconds=5)

        assert answer.headers["x-asked-host"] == f"127.0.0.1:{server.server_port}"
        assert answer.status == 200


def test_each_call_has_its_own_patience_on_a_connection_that_is_kept() -> None:
    with serving() as server:
        made = connections(server.url)
        post(made, read=5)
        server.closing = "never"

        with pytest.raises(TimedOut):
            post(made, read=0.1)


def test_each_of_many_threads_gets_its_own_answer() -> None:
    with serving() as server:
        made = connections(server.url, keep=3)
        bodies = [str(number).encode() for number in range(200)]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda body: post(made, body), bodies)) == bodies

        assert len(made._idle) <= 3


def _wait_for_the_end(made: Connections) -> None:
    deadline = time.monotonic() + 10
    while not _readable(made._idle[-1]):
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("closing", ["told", "after the answer"])
def test_a_connection_that_the_other_end_closes_is_not_used_again(closing: str) -> None:
    with serving(closing) as server:
        made = connections(server.url)
        for _ in range(3):
            assert post(made) == b"{}"
            if closing == "after the answer":
                _wait_for_the_end(made)
        assert server.connected == 3


@pytest.mark.parametrize("closing", ["before the answer", "within the answer"])
def test_an_answer_that_breaks_off_is_none_and_its_connection_is_gone(closing: str) -> None:
    with serving(closing) as server:
        made = connections(server.url)

        with pytest.raises(NoAnswer) as raised:
            post(made)

        assert not isinstance(raised.value, NotConnected | TimedOut)
        assert not made._idle


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints"])
def test_what_precedes_an_answer_is_none_and_what_follows_is_no_other_calls(status: str) -> None:
    with saying(f"HTTP/1.1 {status}\r\n\r\n".encode()) as url:
        made = connections(url)

        with pytest.raises(NoAnswer):
            post(made)

        assert not made._idle


def test_an_answer_waits_for_no_leave_to_go_on() -> None:
    continued = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with saying(continued) as url:
        assert post(connections(url)) == b"{}"


@pytest.mark.parametrize(
    ("head", "body"),
    [(b"Transfer-Encoding: chunked", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), (b"Content-Length: 2", b"{}")],
)
def test_an_answer_is_read_whole_however_it_is_measured(head: bytes, body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body
    with saying(answer, answer) as url:
        made = connections(url)

        assert [post(made), post(made)] == [b"{}", b"{}"]


def test_after_one_kept_connection_broke_no_other_is_tried() -> None:
    """After a freeze all of them are dead, and none of them knows it."""
    with serving() as server:
        made = connections(server.url)
        with ThreadPoolExecutor(3) as pool:
            together = threading.Barrier(3)
            server.before_answer = lambda: together.wait(10)
            list(pool.map(lambda _: post(made), range(3)))
        assert len(made._idle) == 3
        server.before_answer, server.closing = None, "before the answer"
        with pytest.raises(NoAnswer):
            post(made)
        assert not made._idle

        server.closing = ""
        assert post(made) == b"{}"


def test_after_a_new_connection_broke_the_kept_ones_stay() -> None:
    with serving() as server:
        made = connections(server.url)
        post(made)
        (kept,) = made._idle
        made._idle.clear()
        server.closing = "before the answer"
        released = made._opened

        def meanwhile(seconds: float) -> socket.socket:
            opened = released(seconds)
            made._idle.append(kept)  # as another thread would
            return opened

        made._opened = meanwhile  # type: ignore[method-assign]
        with pytest.raises(NoAnswer):
            post(made)

        assert list(made._idle) == [kept]


@pytest.mark.parametrize("value", ["a\r\nx-other: b", "a\nx-other: b", "a\rb"])
def test_no_value_of_a_header_makes_another(value: str) -> None:
    with serving() as server:
        made = connections(server.url)

        with pytest.raises(ValueError, match="more than one line"):
            post(made, x_one=value)

        assert server.connected == 0


def test_whom_nobody_answers_waits_no_longer_than_told() -> None:
    with silent_server() as silent:
        made = connections(silent.url)

        with pytest.raises(TimedOut):
            post(made, read=0.1)

        assert not made._idle


def test_where_nobody_listens_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(NotConnected):
        post(connections(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "ftp://a.test", "https://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no endpoint"):
        connections(url)
