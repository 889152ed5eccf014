"""By TLS, nobody but whom the authorities vouch for is talked to."""

from pathlib import Path

import certifi
import pytest

from greenroom.aws.failures import NotConnected
from tests.service.aws.servers import (
    connections,
    post,
    saying,
    server_context,
    serving,
    serving_tls,
    trusting,
)


def test_an_unknown_certificate_is_no_connection_and_a_known_one_is(tmp_path: Path) -> None:
    with serving_tls(tmp_path) as (url, authority):
        with pytest.raises(NotConnected):
            post(trusting(certifi.where(), url))

        assert post(trusting(authority, url)) == b"{}"


def test_a_certificate_of_another_name_is_no_connection(tmp_path: Path) -> None:
    with serving_tls(tmp_path) as (url, authority), pytest.raises(NotConnected):
        post(trusting(authority, url.replace("127.0.0.1", "localhost")))


def test_what_comes_unasked_within_tls_is_no_other_calls_answer(tmp_path: Path) -> None:
    context, authority = server_context(tmp_path)
    # One record, of which the reader takes the first half: what is left of it, no look at the socket shows.
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    surplus = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
    with saying(answer.ljust(8192) + surplus, tls=context) as url:
        made = trusting(authority, url)

        assert post(made) == b"{}"
        assert made._kept() is None


def test_whom_to_trust_is_known_before_anything_is_opened(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    with serving() as server:
        with pytest.raises(NotConnected):
            post(trusting(str(empty), server.url.replace("http:", "https:")))

        # By a second connection, which is taken after the first: there was none.
        post(connections(server.url))
        assert server.connected == 1


def test_a_connection_by_tls_serves_call_after_call(tmp_path: Path) -> None:
    """Tickets for a later session come after the handshake: they are no sign that it has ended."""
    context, authority = server_context(tmp_path)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with saying(answer, answer, answer, tls=context) as url:  # on its one connection
        made = trusting(authority, url)

        assert [post(made) for _ in range(3)] == [b"{}"] * 3
