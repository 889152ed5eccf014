"""TLS in front of the emulator, as every AWS service has it: a relay of this process's own."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True)
class Relay:
    """Where it listens, and its certificate in PEM, which is its own authority."""

    url: str
    certificate: Path


def make_certificate(folder: Path) -> Path:
    """Write a certificate for this machine, with its key beside it in `key.pem`; return its path."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the bench")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(pem)
    return folder / "certificate.pem"


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await source.read(65536):
            target.write(block)
            await target.drain()
    target.close()


@contextmanager
def running_relay(emulator_url: str, folder: Path) -> Iterator[Relay]:
    """Serve TLS on a free port and pass everything on to the emulator."""
    certificate = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, folder / "key.pem")
    behind, loop = urlsplit(emulator_url), asyncio.new_event_loop()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(_pass_on(reader, downstream), _pass_on(upstream, writer))

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield Relay(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", certificate)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
