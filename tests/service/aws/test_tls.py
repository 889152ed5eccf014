"""Over TLS the runtime talks to servers that the system's trust store, or the named bundle, vouches for."""

from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.service.aws.servers import endpoint, post, saying, server_context, serving_tls

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def _no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)


def test_an_unknown_authority_is_refused_and_a_named_one_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_tls(tmp_path) as (url, authority):
        with pytest.raises(EndpointConnectionError):
            post(endpoint(url))

        monkeypatch.setenv("AWS_CA_BUNDLE", authority)
        assert post(endpoint(url)) == b"{}"


def test_a_certificate_of_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_tls(tmp_path) as (url, authority):
        monkeypatch.setenv("AWS_CA_BUNDLE", authority)

        with pytest.raises(EndpointConnectionError):
            post(endpoint(url.replace("127.0.0.1", "localhost")))


def test_a_connection_serves_request_after_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = server_context(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", authority)
    with saying(ANSWER, ANSWER, ANSWER, tls=context) as url:  # on its one connection
        called = endpoint(url)

        assert [post(called) for _ in range(3)] == [b"{}"] * 3
