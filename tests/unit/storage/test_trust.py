"""Whom the clients of AWS trust: Amazon's own authorities where the layer has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from greenroom.storage import clients


@pytest.fixture
def roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    there = tmp_path / "amazon-roots.pem"
    there.touch()
    monkeypatch.setattr(clients, "_ROOTS", there)
    for cached in (clients.session, clients._make):
        cached.cache_clear()
    yield there
    for cached in (clients.session, clients._make):
        cached.cache_clear()


def _trusted() -> object:
    return clients.client("kms")._endpoint.http_session._verify  # type: ignore[attr-defined]


def test_clients_trust_the_layers_authorities(roots: Path) -> None:
    assert _trusted() == str(roots)


def test_without_the_layer_clients_trust_what_botocore_does(roots: Path) -> None:
    roots.unlink()

    assert _trusted() is True


def test_who_names_another_bundle_is_heard(roots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/other.pem")

    assert _trusted() == "/etc/other.pem"
