"""Whom the clients of AWS trust: Amazon's own authorities where the layer has them."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

from greenroom.aws import environment
from greenroom.storage import clients


@pytest.fixture
def roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    there = tmp_path / "amazon-roots.pem"
    there.touch()
    monkeypatch.setattr(environment, "_roots", lambda: there)
    clients.forget()
    yield there
    clients.forget()


def _trusted_by_boto() -> object:
    made: Any = clients.client("sesv2")
    return made._endpoint.http_session._verify


def test_clients_trust_the_layers_authorities(roots: Path) -> None:
    assert environment.trusted_file() == _trusted_by_boto() == str(roots)


def test_without_the_layer_clients_trust_all_that_are_known(roots: Path) -> None:
    roots.unlink()

    assert environment.trusted_file() == _trusted_by_boto() == certifi.where()


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_who_names_another_bundle_is_heard(roots: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/etc/other.pem")

    assert environment.trusted_file() == _trusted_by_boto() == "/etc/other.pem"


def test_endpoints_are_verified_by_name_and_by_those_alone(roots: Path) -> None:
    roots.write_text(Path(certifi.where()).read_text("utf-8"), "utf-8")

    context = environment.trust()

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert environment.trust() is context
