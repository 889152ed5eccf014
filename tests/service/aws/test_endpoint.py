"""Connections are kept and shared, and an error says whether the request may have arrived."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from greenroom.aws.errors import may_have_run
from tests.service.aws.servers import endpoint, post, saying, serving
from tests.support.silence import silent_server


def test_one_connection_serves_request_after_request() -> None:
    with serving() as server:
        called = endpoint(server.url)

        assert [post(called, bytes([65 + number])) for number in range(5)] == [b"A", b"B", b"C", b"D", b"E"]
        assert server.connected == 1


def test_a_request_names_the_host_with_its_port_and_its_length() -> None:
    with serving() as server:
        response = endpoint(server.url).post(b"{} ", {"x-amz-target": "A.B"}, connect=5, read=5)

        (headers,) = server.received
        assert headers["host"] == f"127.0.0.1:{server.server_port}"
        assert (headers["content-length"], headers["x-amz-target"]) == ("3", "A.B")
        assert (response.status, response.headers["content-length"]) == (200, "3")


def test_each_request_has_its_own_timeout_on_a_kept_connection() -> None:
    with serving() as server:
        called = endpoint(server.url)
        post(called, read=5)
        server.closing = "never"

        with pytest.raises(ReadTimeoutError):
            post(called, read=0.1)


def test_each_of_many_threads_gets_its_own_response() -> None:
    with serving() as server:
        called = endpoint(server.url)
        bodies = [str(number).encode() for number in range(200)]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda body: post(called, body), bodies)) == bodies

        assert server.connected <= 8


@pytest.mark.parametrize("closing", ["told", "after the answer"])
def test_a_connection_that_the_server_closes_is_not_used_again(closing: str) -> None:
    with serving(closing) as server:
        called = endpoint(server.url)
        for _ in range(3):
            assert post(called) == b"{}"
            deadline = time.monotonic() + 10
            while any(connection.is_open() for connection in called._idle):
                assert time.monotonic() < deadline
                time.sleep(0.001)
        assert server.connected == 3


@pytest.mark.parametrize("closing", ["before the answer", "within the answer"])
def test_a_response_that_breaks_off_is_an_error_and_its_connection_is_gone(closing: str) -> None:
    with serving(closing) as server:
        called = endpoint(server.url)

        with pytest.raises(ConnectionClosedError) as raised:
            post(called)

        assert may_have_run(raised.value)
        assert not called._idle


@pytest.mark.parametrize(
    ("head", "body"),
    [(b"Transfer-Encoding: chunked", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), (b"Content-Length: 2", b"{}")],
    ids=["chunked", "whole"],
)
def test_a_response_is_read_whole_in_either_form(head: bytes, body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body
    with saying(answer, answer) as url:
        called = endpoint(url)

        assert [post(called), post(called)] == [b"{}", b"{}"]


@pytest.mark.parametrize("status", ["100 Continue", "103 Early Hints"])
def test_an_interim_response_is_not_taken_for_the_response(status: str) -> None:
    interim = f"HTTP/1.1 {status}\r\n\r\n".encode()
    with saying(interim + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as url:
        assert post(endpoint(url)) == b"{}"


def test_a_second_response_is_neither_part_of_the_first_nor_the_next_requests() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with saying(answer + answer.replace(b"{}", b"[]")) as url:
        called, responses = endpoint(url), []

        for _ in range(2):
            with suppress(ConnectionClosedError, EndpointConnectionError, ReadTimeoutError):
                responses.append(post(called, read=1))

        assert responses in ([], [b"{}"])


def test_after_one_kept_connection_broke_the_others_are_not_tried() -> None:
    """After a freeze all of them are dead, and each would cost an attempt."""
    with serving() as server:
        called = endpoint(server.url)
        with ThreadPoolExecutor(3) as pool:
            together = threading.Barrier(3)
            server.before_answer = lambda: together.wait(10)
            list(pool.map(lambda _: post(called), range(3)))
        assert len(called._idle) == 3
        server.before_answer, server.closing = None, "before the answer"
        with pytest.raises(ConnectionClosedError):
            post(called)
        assert not called._idle

        server.closing = ""
        assert post(called) == b"{}"


@pytest.mark.parametrize("value", ["a\r\nx-other: b", "a\nx-other: b"], ids=["CRLF", "LF"])
def test_a_header_value_cannot_add_a_header(value: str) -> None:
    with serving() as server:
        with pytest.raises(ConnectionClosedError) as raised:
            endpoint(server.url).post(b"{}", {"x-one": value}, connect=5, read=5)

        assert "HEADER" in str(raised.value.__cause__).upper()
        assert server.received == []


def test_a_silent_server_costs_no_more_than_the_timeout() -> None:
    with silent_server() as silent:
        started = time.monotonic()

        with pytest.raises(ReadTimeoutError) as raised:
            post(endpoint(silent.url), read=0.2)

        assert may_have_run(raised.value)
        assert time.monotonic() - started < 5


def test_without_a_listener_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(EndpointConnectionError) as raised:
        post(endpoint(f"http://127.0.0.1:{port}"))

    assert not may_have_run(raised.value)


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "ftp://a.test", "https://"])
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an endpoint"):
        endpoint(url)


def test_a_connection_that_closes_before_the_request_is_an_error_of_the_call() -> None:
    with serving() as server:
        called = endpoint(server.url)
        post(called)
        (kept,) = called._idle
        kept.close().result(5)
        looked_at = iter([kept])  # it was open then
        called._take_idle = lambda: next(looked_at, None)  # type: ignore[method-assign]

        with pytest.raises(ConnectionClosedError):
            post(called)


def test_a_response_without_a_length_is_an_error() -> None:
    with (
        saying(b"HTTP/1.1 200 OK\r\n\r\n{}") as url,
        pytest.raises((ConnectionClosedError, ReadTimeoutError)),
    ):
        post(endpoint(url), read=1)
