"""Endpoints are the ones that botocore finds in the same environment."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3.session
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import NoRegionError
from botocore.loaders import Loader

from greenroom.aws.endpoints import endpoint_url
from greenroom.storage import clients

SERVICES = ("dynamodb", "kms", "secretsmanager")
REGIONS = [
    region
    for partition in ("aws", "aws-cn", "aws-us-gov", "aws-eusc")
    for region in boto3.session.Session().get_available_regions("dynamodb", partition_name=partition)
]


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment and configuration files without settings."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    clients.forget()
    yield monkeypatch
    clients.forget()


def _reference(service: str, region: str) -> str:
    make: Any = boto3.session.Session("a", "b", region_name=region).client
    return str(make(service).meta.endpoint_url)


@cache
def _rules(service: str) -> EndpointProvider:
    loader: Any = Loader()
    rules = loader.load_service_model(service, "endpoint-rule-set-1")
    return EndpointProvider(rules, loader.load_data("partitions"))


@pytest.mark.parametrize("fips", [False, True], ids=["ordinary", "FIPS"])
@pytest.mark.parametrize("service", SERVICES)
def test_each_region_has_the_endpoint_of_botocores_rules(
    empty: pytest.MonkeyPatch, service: str, fips: bool
) -> None:
    empty.setenv("AWS_USE_FIPS_ENDPOINT", str(fips).lower())
    assert len(REGIONS) > 30

    for region in REGIONS:
        expected = _rules(service).resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=False)
        assert endpoint_url(service, region) == expected.url


@pytest.mark.parametrize(
    "settings",
    [
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2"},
        {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:3"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
    ids=["all", "one of several", "one", "ignored"],
)
def test_a_configured_endpoint_is_used_as_botocore_uses_it(
    empty: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        empty.setenv(name, value)

    for service in SERVICES:
        assert endpoint_url(service, "us-east-1") == _reference(service, "us-east-1")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-2"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-2"}, "eu-west-2"),
    ],
)
def test_the_region_comes_from_the_environment(
    empty: pytest.MonkeyPatch, settings: dict[str, str], expected: str
) -> None:
    for name, value in settings.items():
        empty.setenv(name, value)

    assert clients.region() == expected
    assert clients.session.cache_info().currsize == 0, "boto3 was loaded for it"


def test_without_a_variable_the_region_is_the_profiles(empty: pytest.MonkeyPatch, tmp_path: Any) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-3\n")
    empty.setenv("AWS_CONFIG_FILE", str(config))

    assert clients.region() == "eu-west-3"


def test_no_region_at_all_is_an_error() -> None:
    with pytest.raises(NoRegionError):
        clients.region()
