"""A restored snapshot has no credentials in its variables, but where to ask for them, again and again."""

import http.server
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import RLock

import boto3.session
import pytest

from greenroom.aws.environment import Environment
from greenroom.aws.failures import NoAnswer
from tests.service.aws.servers import running


class Issuer(http.server.ThreadingHTTPServer):
    """Issues credentials that last ``minutes``, and counts them; none while it is ``away``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.minutes, self.issued, self.away = 60, 0, False
        self.authorized: set[str | None] = set()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        self.server.authorized.add(self.headers["Authorization"])
        if self.server.away:
            self.send_error(500)
            return
        self.server.issued += 1
        ends = datetime.now(UTC) + timedelta(minutes=self.server.minutes)
        told = {"AccessKeyId": "a", "SecretAccessKey": "b", "Token": f"token {self.server.issued}"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({**told, "Expiration": ends.isoformat()}).encode())

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


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    session = boto3.session.Session()
    return Environment(lambda: session, RLock())


def test_credentials_are_asked_for_once_while_they_last(issuer: Issuer, found: Environment) -> None:
    assert [found.credentials().token for _ in range(3)] == ["token 1"] * 3
    assert issuer.authorized == {"mine"}


def test_credentials_are_renewed_before_they_expire(issuer: Issuer, found: Environment) -> None:
    issuer.minutes = 5  # botocore renews within the last fifteen

    assert [found.credentials().token for _ in range(2)] == ["token 2", "token 3"]


def test_while_none_can_be_had_there_is_no_answer_and_later_there_is(
    issuer: Issuer, found: Environment
) -> None:
    issuer.away = True
    with pytest.raises(NoAnswer):
        found.credentials()

    issuer.away = False
    assert found.credentials().token == "token 1"
