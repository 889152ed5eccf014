"""The shared cache over TLS: a certificate of an authority that is trusted, and no other."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.ports import LOOPBACK
from tests.service.cache.conftest import Start
from tests.support.redis_server import RedisServer


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for loopback that vouches for itself, and return its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cache.test")])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[RedisServer, Path]]:
    certificate, key = _certificate(tmp_path)
    server = RedisServer(
        tmp_path, (f"tls-cert-file {certificate}", f"tls-key-file {key}", "tls-auth-clients no"), tls=True
    )
    try:
        server.start()
    except AssertionError:
        pytest.skip("this server was built without TLS")
    yield server, certificate
    server.kill()


def test_a_server_with_a_trusted_certificate_is_used(
    tls_server: tuple[RedisServer, Path], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    process = start(server.url)

    process.put()

    assert process.got() == "Zoë"
    assert process.errors == []


def test_a_server_that_nobody_vouches_for_is_given_nothing(
    tls_server: tuple[RedisServer, Path], start: Start
) -> None:
    server, _ = tls_server
    process = start(server.url)

    process.put()

    assert process.got() is None
    assert len(process.errors) == 1


def test_the_name_in_the_certificate_must_be_the_servers(
    tls_server: tuple[RedisServer, Path], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    process = start(server.url.replace(LOOPBACK, "localhost"))

    process.put()

    assert process.got() is None
    assert len(process.errors) == 1
