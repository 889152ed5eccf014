"""A restored snapshot has no keys in its environment, but an address that issues them for a time."""

import http.server
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import CredentialRetrievalError

from greenroom.aws.errors import is_retryable, may_have_run
from greenroom.aws.runtime import Endpoint, Runtime
from tests.service.aws.servers import Server, running, serving


class Issuer(http.server.ThreadingHTTPServer):
    """Issues credentials that last ``seconds``, and counts them; none while it is ``away``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seconds, self.issued, self.away = 3600, 0, False
        self.authorized: set[str | None] = set()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        self.server.authorized.add(self.headers["Authorization"])
        if self.server.away:
            self.send_error(500)
            return
        self.server.issued += 1
        ends = datetime.now(UTC) + timedelta(seconds=self.server.seconds)
        body = json.dumps(
            {
                "AccessKeyId": "a",
                "SecretAccessKey": "b",
                "Token": f"token {self.server.issued}",
                "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    with Issuer() as server:
        monkeypatch.setenv(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/credentials"
        )
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "mine")
        with running(server):
            yield server


def _tokens(server: Server, runtime: Runtime, count: int) -> list[str]:
    """Make calls and return the session tokens that they carried."""
    endpoint = Endpoint(server.url, "dynamodb", "eu-central-1", runtime)
    for _ in range(count):
        endpoint.post(b"{}", {"x-amz-target": "A.B"}, connect=5, read=5)
    return [headers["X-Amz-Security-Token"] for headers in server.received[-count:]]


def test_credentials_are_asked_for_once_while_they_last(issuer: Issuer) -> None:
    with serving() as server:
        assert _tokens(server, Runtime(), 3) == ["token 1"] * 3

    assert issuer.authorized == {"mine"}


def test_credentials_are_renewed_before_they_expire(issuer: Issuer) -> None:
    issuer.seconds = 3

    with serving() as server:
        runtime = Runtime()
        first = _tokens(server, runtime, 1)
        time.sleep(1.1)  # they are good for another two seconds
        assert (first, _tokens(server, runtime, 1)) == (["token 1"], ["token 2"])


def test_a_closed_runtime_asks_for_new_ones(issuer: Issuer) -> None:
    with serving() as server:
        runtime = Runtime()
        first = _tokens(server, runtime, 1)
        runtime.close()

        assert (first, _tokens(server, runtime, 1)) == (["token 1"], ["token 2"])


def test_while_none_can_be_had_nothing_is_sent_and_later_calls_succeed(issuer: Issuer) -> None:
    with serving() as server:
        runtime = Runtime()
        issuer.away = True
        with pytest.raises(CredentialRetrievalError) as raised:
            _tokens(server, runtime, 1)
        assert server.received == []
        assert not is_retryable(raised.value)  # the provider has made its own attempts
        assert not may_have_run(raised.value)

        issuer.away = False
        assert _tokens(server, runtime, 1) == ["token 1"]


def test_keys_in_the_environment_are_used_without_asking(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "ours")

    with serving() as server:
        assert _tokens(server, Runtime(), 1) == ["ours"]

    assert issuer.issued == 0
