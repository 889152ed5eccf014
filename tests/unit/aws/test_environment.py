"""Where calls go and as whom: the answers of botocore, from the same environment."""

import os
from typing import Any

import boto3.session
import pytest

from greenroom.aws.environment import Environment, endpoint
from greenroom.aws.failures import NoCredentials
from greenroom.aws.signing import Credentials

NAMES = [name for name in os.environ if name.startswith("AWS_")]
REGIONS = [
    *boto3.session.Session().get_available_regions("dynamodb"),
    *boto3.session.Session().get_available_regions("dynamodb", partition_name="aws-cn"),
    *boto3.session.Session().get_available_regions("dynamodb", partition_name="aws-us-gov"),
]


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing, and no file that does."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def _reference(service: str, region: str) -> str:
    make: Any = boto3.session.Session("a", "b", region_name=region).client
    return str(make(service).meta.endpoint_url)


@pytest.mark.parametrize("region", REGIONS)
def test_a_service_is_where_botocore_finds_it(region: str) -> None:
    for service in ("dynamodb", "kms", "secretsmanager"):
        assert endpoint(service, region) == _reference(service, region)


@pytest.mark.parametrize(
    "settings",
    [
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2"},
        {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:3"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
    ],
)
def test_a_configured_endpoint_is_taken_as_botocore_takes_it(
    empty: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        empty.setenv(name, value)

    for service in ("dynamodb", "kms", "secretsmanager"):
        assert endpoint(service, "us-east-1") == _reference(service, "us-east-1")


@pytest.mark.parametrize(
    "settings",
    [
        {"AWS_DEFAULT_REGION": "eu-west-1"},
        {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-2"},
        {"AWS_REGION": "eu-west-2"},
    ],
)
def test_the_region_is_lambdas(empty: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        empty.setenv(name, value)

    assert Environment(_unasked).region() == next(iter(settings.values()))


def _unasked() -> Any:
    raise AssertionError("botocore was loaded to find what the variables say")


def test_lambdas_credentials_are_taken_from_its_variables_each_time(empty: pytest.MonkeyPatch) -> None:
    empty.setenv("AWS_ACCESS_KEY_ID", "a")
    empty.setenv("AWS_SECRET_ACCESS_KEY", "b")
    found = Environment(_unasked)

    assert found.credentials() == Credentials("a", "b")
    empty.setenv("AWS_SESSION_TOKEN", "c")
    assert found.credentials() == Credentials("a", "b", "c")


class _Session:
    """Has credentials that are renewed at each look, as those of a restored snapshot are in time."""

    region_name = "eu-west-3"

    def __init__(self, *, known: bool = True) -> None:
        self._known, self._looks = known, 0

    def get_credentials(self) -> Any:
        return self if self._known else None

    def get_frozen_credentials(self) -> Any:
        self._looks += 1
        return Credentials("a", "b", f"token {self._looks}")


def test_what_no_variable_says_is_found_by_botocore_and_renewed() -> None:
    session: Any = _Session()
    found = Environment(lambda: session)

    assert [found.credentials().token for _ in range(2)] == ["token 1", "token 2"]
    assert found.region() == "eu-west-3"


def test_without_any_credentials_or_region_that_is_said() -> None:
    session: Any = _Session(known=False)
    session.region_name = None

    with pytest.raises(NoCredentials):
        Environment(lambda: session).credentials()
    with pytest.raises(NoCredentials):
        Environment(lambda: session).region()
