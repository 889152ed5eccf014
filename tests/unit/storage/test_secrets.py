"""A secret is fetched once a process; a failure to fetch it is told, and not remembered."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from pydantic import Secret

from greenroom.refusals import Unavailable
from greenroom.storage import secrets
from greenroom.storage.secrets import SecretVersion
from tests.unit.storage.stub import StubClient, client_error

CREATED = datetime(2027, 3, 5, tzinfo=UTC)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Replace the secrets' client by one that gives the answers in turn."""
    stub = StubClient()
    monkeypatch.setattr(secrets, "client", lambda _: stub)
    secrets.secret.cache_clear()
    yield stub
    secrets.secret.cache_clear()


def test_each_secret_is_fetched_once(answering: StubClient) -> None:
    answering.answers = [{"SecretString": "one"}, {"SecretString": "two"}]

    assert [secrets.secret(name).get_secret_value() for name in ("a", "b", "a", "b")] == [
        "one",
        "two",
        "one",
        "two",
    ]
    assert [parameters for _, parameters in answering.calls] == [{"SecretId": "a"}, {"SecretId": "b"}]


@pytest.mark.parametrize(
    "error",
    [client_error("ThrottlingException"), EndpointConnectionError(endpoint_url="https://service.test")],
)
def test_a_secret_that_cannot_be_read_makes_us_unavailable_until_it_can(
    answering: StubClient, error: Exception
) -> None:
    answering.answers = [error, {"SecretString": "one"}]

    with pytest.raises(Unavailable) as refused:
        secrets.secret("a")

    assert (refused.value.retry_after, refused.value.__cause__) == (1, error)
    assert secrets.secret("a") == Secret("one")


def test_a_version_of_a_secret_is_read_as_it_is_each_time(answering: StubClient) -> None:
    answering.answers = [{"SecretString": text, "CreatedDate": CREATED} for text in ("one", "two")]

    found = [secrets.secret_version("a", "AWSCURRENT") for _ in range(2)]

    assert found == [SecretVersion(Secret("one"), CREATED), SecretVersion(Secret("two"), CREATED)]
    assert answering.calls[0][1] == {"SecretId": "a", "VersionStage": "AWSCURRENT"}


def test_a_version_that_does_not_exist_is_none(answering: StubClient) -> None:
    answering.answers = [client_error("ResourceNotFoundException")]

    assert secrets.secret_version("a", "AWSPREVIOUS") is None


@pytest.mark.parametrize(
    "error",
    [client_error("ThrottlingException"), EndpointConnectionError(endpoint_url="https://service.test")],
)
def test_a_version_that_cannot_be_read_makes_us_unavailable(answering: StubClient, error: Exception) -> None:
    answering.answers = [error]

    with pytest.raises(Unavailable):
        secrets.secret_version("a", "AWSCURRENT")
